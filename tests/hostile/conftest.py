"""A small tree of its own for each attack, and the command over it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from batch_process import main
from masking.core.errors import ExitCode


@dataclass
class Study:
    """Two prepared images of one identity, in videos 1 and 2, and an output folder. `said`: what the last run said."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    said: str = ""

    @property
    def query(self) -> Path:
        return self.folder / "query"

    @property
    def output(self) -> Path:
        return self.folder / "output"

    @property
    def photo(self) -> Path:
        return self.query / "Ada" / "1" / "a_prep.png"

    def beside(self, suffix: str) -> Path:
        return self.photo.with_name(self.photo.stem + suffix)

    def backup(self, suffix: str, kind: str = "images") -> Path:
        return self.output / kind / "Ada" / "1" / (self.photo.stem + suffix)

    @property
    def arguments(self) -> list[str]:
        return ["--input-folder", str(self.query), "--output-folder", str(self.output)]

    def run(self, *more: str) -> int:
        code = main([*self.arguments, *more])
        self.said = "".join(self.capsys.readouterr())
        assert "Traceback" not in self.said
        return code

    def masked(self, *more: str) -> None:
        assert self.run(*more) == ExitCode.ALL_DONE, self.said


@pytest.fixture
def study(example_trees: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Study:
    photos = sorted((example_trees / "query").rglob("*_prep.png"))
    for video, photo in (("1", photos[0]), ("2", photos[-1])):
        folder = tmp_path / "query" / "Ada" / video
        folder.mkdir(parents=True)
        shutil.copy(photo, folder / "a_prep.png")
    return Study(tmp_path, capsys)
