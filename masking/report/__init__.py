"""What people look at: the bar, the summary, run.log, outcomes.csv."""

from masking.report.outcomes_csv import OutcomesFile
from masking.report.progress import Progress
from masking.report.summary import Tally

__all__ = ["OutcomesFile", "Progress", "Tally"]
