"""The made source, written once, small videos, and a study that is prepared by the command."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from examples.make_source import Turning, fitted_portraits, frames_of, make_source, write_video
from examples.views import Picture, Portrait
from masking.core.config import Config, load_config
from masking.pipeline.outcome import Outcome
from masking.pipeline.run import Listener, RunOptions, RunResult
from masking.preparation.interface import run_preparation
from tests.preparation.study import Contents, contents_of
from tests.sharing import made_once


@dataclass
class Preparation:
    """SOURCE and TARGET of one test. outcomes: what the last run came to, by the video's name; said: what it said."""

    folder: Path
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    @property
    def source(self) -> Path:
        return self.folder / "source"

    @property
    def target(self) -> Path:
        return self.folder / "target"

    def config(self, *settings: str) -> Config:
        overrides = [
            ("SOURCE", "DEFAULT.INPUT_FOLDER", str(self.source)),
            ("TARGET", "DEFAULT.OUTPUT_FOLDER", str(self.target)),
            *(("--set", *setting.partition("=")[::2]) for setting in settings),
        ]
        return load_config(None, overrides)

    def run(self, *settings: str, **options: bool) -> RunResult:
        self.outcomes, self.said = {}, []
        listener = Listener(
            remark=self.said.append, outcome=lambda outcome: self.outcomes.update({outcome.name: outcome})
        )
        return run_preparation(self.config(*settings), RunOptions(**options), listener)

    def images(self, tree: str) -> list[str]:
        folder = self.target / tree
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    def rows(self) -> list[dict[str, str]]:
        with (self.target / "prepared.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as file:
            return list(csv.DictReader(file))

    def record(self, video: str) -> dict[str, object]:
        record: dict[str, object] = json.loads((self.target / "videos" / f"{video}.json").read_text())
        return record

    def contents(self) -> Contents:
        return contents_of(self.target)


@pytest.fixture(scope="session")
def made_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What examples/make_source.py makes. Not to be written to."""
    return made_once(tmp_path_factory, "source", make_source)


@pytest.fixture(scope="session")
def portrait() -> Portrait:
    """Grace Hopper."""
    return fitted_portraits()[1]


@pytest.fixture(scope="session")
def clip(portrait: Portrait, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of twelve frames, all of which are kept. Not to be written to."""

    def make(folder: Path) -> None:
        write_video(folder / "clip.mp4", frames_of(portrait, Turning("clip", 12, 8, 3, 1.0)))

    return made_once(tmp_path_factory, "clip", make) / "clip.mp4"


@pytest.fixture
def study(tmp_path: Path) -> Preparation:
    """A study without any video yet."""
    made = Preparation(tmp_path)
    made.source.mkdir()
    return made


@pytest.fixture
def small_study(study: Preparation, clip: Path) -> Preparation:
    """One identity with one good video, Ada/1.mp4."""
    (study.source / "Ada").mkdir()
    shutil.copy(clip, study.source / "Ada" / "1.mp4")
    return study


def noise(count: int, width: int = 64, height: int = 48) -> list[Picture]:
    """Frames without any face."""
    chance = np.random.default_rng(0)
    return list(chance.integers(0, 256, (count, height, width, 3), dtype=np.uint8))
