"""An independent look at a finished tree: does any overlay show what it must hide?

What a picture shows is judged from the pictures alone, with nothing of the pipeline's own judgement: no hull that it
computed, no score, no record. Records say which files there should be. Only where it is asked to, `--rerun`, the
pipeline is run afresh and its masks are compared.
"""

from masking.audit.accounting import Fault
from masking.audit.pictures import picture_faults
from masking.audit.tree import audit_tree

__all__ = ["Fault", "audit_tree", "picture_faults"]
