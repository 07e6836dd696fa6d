"""run.json: what a tree's runs were made with, and what came of them in numbers; docs/outcomes.md describes each field.

A run that finds nothing to do takes nothing away: duration and throughput stay those of the last run that did
something.
"""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from masking import __version__
from masking.core.code_identity import CODE, identity
from masking.core.config import Config
from masking.core.errors import OutputFolderError
from masking.core.safe_files import partial_of, read_bytes, write_whole
from masking.core.unicode_names import composed
from masking.pipeline.left_alone import LeftAlone
from masking.pipeline.outcome import Outcome
from masking.pipeline.recipe import settings_fingerprint
from masking.pipeline.stage import DetailStatistics, Stage

FILE_NAME = "run.json"
SCHEMA_VERSION = 2
"""Of run.json and outcomes.csv together; grows when a field changes its meaning or is removed, not with a new one."""
MAX_RUNS = 1000
"""Runs of one tree that are remembered, the latest."""
MAX_BYTES = 10_000_000

RunFacts = dict[str, Any]
"""The contents of run.json."""


@dataclass(frozen=True)
class Environment:
    """What a run works with. models: descriptions by part. models_fingerprint: SHA-256, 32 bytes. workers: in words.
    stand_ins: as Stage's.
    """

    models: Mapping[str, str]
    models_fingerprint: bytes
    workers: str
    stand_ins: Sequence[str] = ()


@dataclass(frozen=True)
class Run:
    """One run over a tree. started, ended: ISO 8601 with time zone. worked_on: items that no earlier run had done."""

    started: str
    ended: str
    seconds: float
    interrupted: bool
    worked_on: int
    items_per_second: float
    workers: str
    version: str


@dataclass
class Statistics:
    """Counts outcomes of `stage` by what a report says about them."""

    stage: Stage
    counts: Counter[str] = field(default_factory=Counter)
    recorded: int = 0
    identities: set[str] = field(default_factory=set)
    finished_identities: set[str] = field(default_factory=set)
    videos: set[tuple[str, str]] = field(default_factory=set)
    step_seconds: Counter[str] = field(default_factory=Counter)
    step_items: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.details: DetailStatistics = self.stage.statistics()

    def add(self, outcome: Outcome) -> None:
        """Count one more. Refused entries outside any identity's or video's folder belong to none."""
        self.counts[str(outcome.status)] += 1
        self.recorded += outcome.recorded
        identity = composed(outcome.whose)
        if identity:
            self.identities.add(identity)
        if outcome.video:
            self.videos.add((outcome.identity, outcome.video))
        if outcome.status == self.stage.finished:
            self.finished_identities.add(identity)
        self.step_seconds.update(outcome.step_seconds)
        self.step_items.update(outcome.step_seconds.keys())
        self.details.add(outcome)

    def facts(self) -> RunFacts:
        """The statistics as run.json holds them."""
        return {
            "images": self.counts.total(),
            "counts": {str(status): self.counts[str(status)] for status in self.stage.statuses},
            "recorded": self.recorded,
            "identities": {"all": len(self.identities), "finished": len(self.finished_identities)},
            "videos": len(self.videos),
            **self.details.facts(),
            "step_seconds": {
                step: {"mean": seconds / self.step_items[step], "images": self.step_items[step]}
                for step, seconds in self.step_seconds.items()
            },
        }


def run_facts(
    config: Config,
    environment: Environment,
    statistics: Statistics,
    started: datetime,
    ended: datetime,
    interrupted: bool,
    left_alone: LeftAlone | None = None,
) -> RunFacts:
    """Everything that run.json holds, with what it has held of earlier runs. `started` and `ended` carry their time
    zone.
    """
    stage = statistics.stage
    seconds = (ended - started).total_seconds()
    worked_on = statistics.counts.total() - statistics.recorded
    run = Run(
        started=started.isoformat(timespec="seconds"),
        ended=ended.isoformat(timespec="seconds"),
        seconds=seconds,
        interrupted=interrupted,
        worked_on=worked_on,
        items_per_second=worked_on / seconds if seconds > 0 else 0.0,
        workers=environment.workers,
        version=__version__,
    )
    runs = [*earlier_runs(config.folders.output_folder), run][-MAX_RUNS:]
    last_at_work = next((one for one in reversed(runs) if one.worked_on), run)
    return {
        "schema_version": SCHEMA_VERSION,
        "stage": stage.name,
        "software": {
            "name": "batch-face-masking",
            "version": __version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
        },
        "started": last_at_work.started,
        "ended": last_at_work.ended,
        "seconds": last_at_work.seconds,
        "interrupted": interrupted,
        "worked_on": last_at_work.worked_on,
        "images_per_second": last_at_work.items_per_second,
        **statistics.facts(),
        "left_alone": (left_alone or LeftAlone()).facts,
        "input_folder": str(config.folders.input_folder),
        "output_folder": str(config.folders.output_folder),
        "workers": last_at_work.workers,
        "models": dict(environment.models),
        "stand_ins": list(environment.stand_ins),
        "fingerprints": {
            "settings": settings_fingerprint(config, stage.sections).hex(),
            "models": environment.models_fingerprint.hex(),
            "code": identity()[CODE],
        },
        "libraries": {name: value for name, value in identity().items() if name != CODE},
        "configuration": config.model_dump(mode="json"),
        "runs": [asdict(one) for one in runs],
    }


def earlier_runs(output_folder: Path) -> list[Run]:
    """The runs in run.json; none where it is missing, damaged or of another format."""
    facts = read_run_json(output_folder)
    found = []
    for entry in facts.get("runs", []) if isinstance(facts.get("runs"), list) else []:
        if isinstance(entry, dict) and entry.keys() == Run.__dataclass_fields__.keys():
            run = Run(**entry)
            if all(isinstance(getattr(run, name), kind) for name, kind in _KINDS.items()):
                found.append(run)
    return found


_KINDS: dict[str, type | tuple[type, ...]] = {
    "started": str, "ended": str, "seconds": (int, float), "interrupted": bool, "worked_on": int,
    "items_per_second": (int, float), "workers": str, "version": str,
}  # fmt: skip


def read_run_json(output_folder: Path) -> RunFacts:
    """run.json; nothing where it is missing or damaged."""
    with suppress(OSError, ValueError, RecursionError):
        facts = json.loads(read_bytes(output_folder / FILE_NAME, MAX_BYTES))
        return facts if isinstance(facts, dict) else {}
    return {}


def write_run_json(output_folder: Path, facts: RunFacts) -> None:
    """Write OUTPUT_FOLDER/run.json whole or not at all. Raises OutputFolderError."""
    path = output_folder / FILE_NAME
    try:
        write_whole(path, json.dumps(facts, indent=2) + "\n")
    except OSError as error:
        raise OutputFolderError(f"{partial_of(path)} can't be written: {error.strerror}") from error
