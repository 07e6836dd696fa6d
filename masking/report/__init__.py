"""What people look at: the bar, the summary, run.log, outcomes.csv, run.json, report.html."""

from masking.report.outcomes_csv import OutcomesFile
from masking.report.progress import Progress
from masking.report.records import RunRecords
from masking.report.run_facts import Workshop
from masking.report.summary import Tally

__all__ = ["OutcomesFile", "Progress", "RunRecords", "Tally", "Workshop"]
