"""An independent look at a finished tree: does any overlay show what it must hide?

Nothing of the pipeline's own judgement is used, no hull that it computed and no journal. The photo, the overlay and the
mask as they stand on the disk are compared pixel by pixel.
"""

from masking.audit.accounting import Fault
from masking.audit.pictures import picture_faults
from masking.audit.tree import audit_tree

__all__ = ["Fault", "audit_tree", "picture_faults"]
