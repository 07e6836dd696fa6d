"""run.json: what a run was made with, and what came of it in numbers. docs/outcomes.md describes every field."""

from __future__ import annotations

import json
import platform
from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median

from masking import __version__
from masking.core.code_identity import CODE, identity
from masking.core.config import Config
from masking.core.errors import OutputFolderError, Status
from masking.core.fingerprints import settings_fingerprint
from masking.core.safe_files import partial_of, write_whole
from masking.dataset.names import composed
from masking.pipeline.outcome import MISSED_BOUND, Outcome

SCHEMA_VERSION = 1
"""Of run.json and outcomes.csv together; grows when a field changes its meaning or goes, not when one is added."""

RunFacts = dict[str, object]
"""The contents of run.json."""


@dataclass(frozen=True)
class Workshop:
    """What a run works with. models: descriptions by part. models_fingerprint: SHA-256, 32 bytes. workers: in words."""

    models: Mapping[str, str]
    models_fingerprint: bytes
    workers: str


@dataclass
class Statistics:
    """Counts outcomes by what a report tells of them."""

    counts: Counter[Status] = field(default_factory=Counter)
    recorded: int = 0
    identities: set[str] = field(default_factory=set)
    identities_with_a_mask: set[str] = field(default_factory=set)
    videos: set[tuple[str, str]] = field(default_factory=set)
    step_seconds: Counter[str] = field(default_factory=Counter)
    step_images: Counter[str] = field(default_factory=Counter)
    candidates: int = 0
    missed: dict[str, array[float]] = field(default_factory=lambda: defaultdict(lambda: array("d")))

    def add(self, outcome: Outcome) -> None:
        """Count one more. Refused entries outside any identity's or video's folder belong to none."""
        self.counts[outcome.status] += 1
        self.recorded += outcome.recorded
        identity = composed(outcome.whose)
        if identity:
            self.identities.add(identity)
        if outcome.video:
            self.videos.add((outcome.identity, outcome.video))
        if outcome.status is Status.MASKED:
            self.identities_with_a_mask.add(identity)
        self.step_seconds.update(outcome.step_seconds)
        self.step_images.update(outcome.step_seconds.keys())
        self.candidates += outcome.candidates
        if missed := MISSED_BOUND.fullmatch(outcome.missed):
            self.missed[missed["bound"]].append(float(missed["value"]))

    def facts(self) -> RunFacts:
        """The statistics as run.json holds them. Only images of this run, not recorded ones, have times by step."""
        return {
            "images": self.counts.total(),
            "counts": {status.value: self.counts[status] for status in Status},
            "recorded": self.recorded,
            "identities": {"all": len(self.identities), "with_a_mask": len(self.identities_with_a_mask)},
            "videos": len(self.videos),
            "candidates": self.candidates,
            "missed_bounds": {
                bound: {
                    "images": len(values),
                    "least": min(values),
                    "median": median(values),
                    "most": max(values),
                }
                for bound, values in sorted(self.missed.items())
            },
            "step_seconds": {
                step: {"mean": seconds / self.step_images[step], "images": self.step_images[step]}
                for step, seconds in self.step_seconds.items()
            },
        }


def run_facts(
    config: Config,
    workshop: Workshop,
    statistics: Statistics,
    started: datetime,
    ended: datetime,
    interrupted: bool,
) -> RunFacts:
    """Everything that run.json holds. `started` and `ended` carry their time zone."""
    seconds = (ended - started).total_seconds()
    worked_on = statistics.counts.total() - statistics.recorded
    return {
        "schema_version": SCHEMA_VERSION,
        "software": {
            "name": "batch-face-masking",
            "version": __version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
        },
        "started": started.isoformat(timespec="seconds"),
        "ended": ended.isoformat(timespec="seconds"),
        "seconds": seconds,
        "interrupted": interrupted,
        "images_per_second": worked_on / seconds if seconds > 0 else 0.0,
        **statistics.facts(),
        "input_folder": str(config.folders.input_folder),
        "output_folder": str(config.folders.output_folder),
        "workers": workshop.workers,
        "models": dict(workshop.models),
        "fingerprints": {
            "settings": settings_fingerprint(config).hex(),
            "models": workshop.models_fingerprint.hex(),
            "code": identity()[CODE],
        },
        "libraries": {name: value for name, value in identity().items() if name != CODE},
        "configuration": config.model_dump(mode="json"),
    }


def write_run_json(output_folder: Path, facts: RunFacts) -> None:
    """Write OUTPUT_FOLDER/run.json whole or not at all. Raises OutputFolderError."""
    path = output_folder / "run.json"
    try:
        write_whole(path, json.dumps(facts, indent=2) + "\n")
    except OSError as error:
        raise OutputFolderError(f"{partial_of(path)} can't be written: {error.strerror}") from error
