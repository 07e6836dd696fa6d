"""A second stage: what stands in `<identity>/<video>/<name>.txt` is shouted into OUTPUT_FOLDER. It knows no masks."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from masking.core.config import Config
from masking.core.file_state import FileState, status_if_unchanged
from masking.pipeline.outcome import FAILED, Item, Outcome
from masking.pipeline.stage import Processor, Stage, StageFiles, Words

SHOUT = "shouts/*.txt"


@dataclass(frozen=True)
class Text:
    """As Item."""

    identity: str
    video: str
    path: Path
    foreign: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.path.name


class ShoutStage(Stage):
    """As Stage."""

    name = "shout"
    words = Words("Shouting", "text", "texts", "shouted", "Not shouted")
    statuses = ("shouted", "silent", FAILED)
    finished = "shouted"
    sections = ("run",)
    locations = (SHOUT,)
    columns = ("letters",)

    def walk(self, config: Config) -> Iterator[Text]:
        for path in sorted(config.folders.input_folder.glob("*/*/*.txt")):
            yield Text(path.parent.parent.name, path.parent.name, path)

    def load(self, config: Config) -> Processor:
        return Shouter(config)

    def files(self, config: Config) -> StageFiles:
        return ShoutFiles(config)

    def why_empty(self, config: Config) -> str:
        return f"{config.folders.input_folder} holds no text"

    def are_sound(self, details: Mapping[str, object]) -> bool:
        return not details or (details.keys() == {"letters"} and isinstance(details["letters"], int))

    def cells(self, outcome: Outcome) -> Sequence[object]:
        return (outcome.details.get("letters", 0),)


class ShoutFiles:
    """As StageFiles."""

    locations = (SHOUT,)
    demanded = (SHOUT,)

    def __init__(self, config: Config) -> None:
        self._input, self._output = config.folders.input_folder, config.folders.output_folder

    def path(self, item: Item) -> Path:
        return self._output / "shouts" / item.identity / item.video / item.name

    def with_foreign(self, items: Sequence[Text], ours: Sequence[Collection[str]]) -> list[Text]:
        return [
            dataclasses.replace(item, foreign=frozenset({SHOUT} if self.path(item).exists() else ()) - set(own))
            for item, own in zip(items, ours, strict=True)
        ]

    def item_of(self, outcome: Outcome) -> Text:
        return Text(outcome.identity, outcome.video, self._input / outcome.relative_path)

    def source_is_unchanged(self, item: Text, state: FileState, *, verify: bool) -> bool:
        return status_if_unchanged(str(item.path), state, verify=verify) is not None

    def outputs_are_unchanged(self, item: Text, outputs: Mapping[str, FileState], *, verify: bool) -> bool:
        return all(status_if_unchanged(str(self.path(item)), state, verify=verify) for state in outputs.values())

    def seems_finished(self, item: Text) -> bool:
        return self.path(item).exists()

    def shows_source(self, locations: Iterable[str]) -> bool:
        return False

    def remove(self, item: Text, locations: Collection[str]) -> None:
        self.withdraw(item)

    def withdraw(self, item: Text) -> None:
        self.path(item).unlink(missing_ok=True)


class Shouter:
    """As Processor. `die` ends the process, `fail` fails, and of nothing nothing is made."""

    models: Mapping[str, str] = {"voice": "loud"}
    fingerprint = b"\2" * 32
    batch_size = 2

    def __init__(self, config: Config) -> None:
        self._files = ShoutFiles(config)

    def process(self, items: Sequence[Text]) -> Iterator[Outcome]:
        return map(self._shout, items)

    def _shout(self, item: Text) -> Outcome:
        text = item.path.read_text()
        if text == "die":
            os.kill(os.getpid(), 9)
        source = state_of(item.path)
        outcome = Outcome(item.identity, item.video, item.name, "shouted", seconds=0.5, source=source)
        outcome = dataclasses.replace(outcome, details={"letters": len(text)}, step_seconds={"shout": 0.5})
        if text in ("", "fail"):
            self._files.withdraw(item)
            return dataclasses.replace(outcome, status="silent" if not text else FAILED, reason=f"it says {text!r}")
        path = self._files.path(item)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.upper())
        return dataclasses.replace(outcome, outputs={SHOUT: state_of(path)})

    def flush(self) -> None:
        pass


def state_of(path: Path) -> FileState:
    status = path.stat()
    return FileState(hashlib.sha256(path.read_bytes()).digest(), status.st_size, status.st_mtime_ns)
