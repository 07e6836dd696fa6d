"""What people look at: the bar, the summary, run.log, outcomes.csv, run.json, report.html."""

from masking.pipeline.progress import Progress
from masking.pipeline.summary import Tally
from masking.report.outcomes_csv import OutcomesFile
from masking.report.records import RunRecords
from masking.report.run_facts import Workshop

__all__ = ["OutcomesFile", "Progress", "RunRecords", "Tally", "Workshop"]
