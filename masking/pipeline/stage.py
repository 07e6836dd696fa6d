"""What a stage is to the pipeline: items -> process(items) -> outcomes.

A stage gives this interface, and gets resuming, workers, clusters, journal, lock, progress and records for it. It
travels to worker processes by pickle, so its class stands in an importable module and holds nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Protocol

from masking.core.config import Config
from masking.core.errors import EmptyTreeError
from masking.core.file_state import FileState
from masking.pipeline.outcome import Item, Outcome
from masking.pipeline.output_folder import TREE


@dataclass(frozen=True)
class Words:
    """How a stage is spoken of. doing: `Masking`. item, items: `image`, `images`. finished: `masked`. unfinished: the
    heading over those that came to nothing, `Without a mask`. also_written: where outputs go besides OUTPUT_FOLDER.
    """

    doing: str
    item: str
    items: str
    finished: str
    unfinished: str
    also_written: str = ""


@dataclass(frozen=True)
class Cost:
    """What an item takes: seconds in one process, bytes on the disk, and how many of these beside the item."""

    seconds: float
    bytes: float
    bytes_beside: float = 0.0


class Processor(Protocol):
    """Does one item after another with models that are loaded already."""

    @property
    def models(self) -> Mapping[str, str]:
        """What does each part of the work, for people."""
        ...

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 (32 bytes) of everything in the models that an output depends on."""
        ...

    @property
    def batch_size(self) -> int:
        """Items that go through the models at once."""
        ...

    def process(self, items: Sequence[Any]) -> Iterator[Outcome]:
        """Outcomes of `items` in their order. Never raises for anything that is wrong with one of them."""
        ...

    def flush(self) -> None:
        """Make what has been written outlive a power cut."""
        ...


class StageFiles(Protocol):
    """Where the files of a stage's items are. A location is a name that is the same for all items,
    such as `images/*_overlay.png`.

    locations: every one at which an item may have a file. demanded: those at which each finished item has one.
    """

    @property
    def locations(self) -> Collection[str]:
        """See the class."""
        ...

    @property
    def demanded(self) -> Collection[str]:
        """See the class."""
        ...

    def with_foreign(self, items: Sequence[Any], ours: Sequence[Collection[str]]) -> list[Any]:
        """`items`, each knowing the locations at which there is something that is not among `ours`."""
        ...

    def item_of(self, outcome: Outcome) -> Item:
        """The item that the outcome is about."""
        ...

    def source_is_unchanged(self, item: Any, state: FileState, *, verify: bool) -> bool:
        """Whether the item's own file is still what was read. verify: compare contents, not only size and time."""
        ...

    def outputs_are_unchanged(self, item: Any, outputs: Mapping[str, FileState], *, verify: bool) -> bool:
        """Whether all of `outputs` are there as they were written, and seen by nobody who may not see them."""
        ...

    def seems_finished(self, item: Any) -> bool:
        """Whether there is a file that shows everyone that the item is finished."""
        ...

    def shows_source(self, locations: Iterable[str]) -> bool:
        """Whether a file at one of `locations` shows what must go when the item itself goes."""
        ...

    def remove(self, item: Any, locations: Collection[str]) -> None:
        """Remove what is at `locations`. Raises PublishError, which names all that stays."""
        ...

    def withdraw(self, item: Any) -> None:
        """Remove every output of `item`, of whatever run. Raises PublishError, which names all that stays."""
        ...


class DetailStatistics(Protocol):
    """Sums up what outcomes hold as details."""

    def add(self, outcome: Outcome) -> None:
        """Take in one more."""
        ...

    def facts(self) -> Mapping[str, object]:
        """What run.json holds of it, by field."""
        ...


class NoStatistics:
    """Sums up nothing. As DetailStatistics."""

    def add(self, outcome: Outcome) -> None:
        """As DetailStatistics."""

    def facts(self) -> Mapping[str, object]:
        """As DetailStatistics."""
        return {}


class Report(Protocol):
    """A page that shows a run, made while outcomes come. remark: what to know of it, for the line that names it."""

    @property
    def path(self) -> Path:
        """Where it will be."""
        ...

    @property
    def remark(self) -> str:
        """See the class."""
        ...

    def __enter__(self) -> Report: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def add(self, outcome: Outcome) -> None:
        """Take in one more. Raises OutputFolderError where the disk takes no more."""
        ...

    def write(self, facts: Mapping[str, object]) -> None:
        """Write the page whole or not at all. `facts`: what run.json holds. Raises OutputFolderError."""
        ...


class Stage(ABC):
    """A stage of the study. All its instances are equal.

    name: the command's. statuses: what may become of an item, in the order of reports. finished: the one
    of an item that has all its outputs. sections: fields of Config that its outputs depend on. locations: every one
    at which an item may have a file, whatever the configuration. columns: titles of what `cells` gives.
    """

    name: ClassVar[str]
    words: ClassVar[Words]
    statuses: ClassVar[Sequence[str]]
    finished: ClassVar[str]
    sections: ClassVar[Collection[str]]
    locations: ClassVar[Collection[str]]
    columns: ClassVar[Sequence[str]] = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def folder(self, config: Config) -> Path:
        """The tree that the items are in."""
        return config.folders.input_folder

    @abstractmethod
    def walk(self, config: Config) -> Iterator[Any]:
        """Items, and outcomes of what had to be refused, in the order of their keys; and, in passing, what looks like
        an item and was left alone.
        """

    @abstractmethod
    def load(self, config: Config) -> Processor:
        """Load the models. Raises ModelFileError or MissingPackageError where that can't be done."""

    @abstractmethod
    def files(self, config: Config) -> StageFiles:
        """Where the items' files are."""

    @abstractmethod
    def why_empty(self, config: Config) -> str:
        """What to say to people whose tree holds no item."""

    def shown_path(self, outcome: Outcome) -> str:
        """The item's path below INPUT_FOLDER, as people are shown it."""
        return outcome.relative_path

    def settled(self, config: Config) -> Config:
        """`config` with what only the tree can say in place of `auto`, before anything else is asked of the stage.

        Raises EmptyTreeError where the tree holds nothing.
        """
        return config

    def depth(self, config: Config) -> int:
        """Folders between the tree and an item."""
        return 2

    def layout(self, config: Config) -> str:
        """In words: how items are found in the tree; empty where there is only one way."""
        return ""

    def named(self, config: Config, outcome: Outcome) -> Outcome:
        """`outcome` with the person that the item shows, where no folder says so."""
        return outcome

    def also_written(self, config: Config) -> str:
        """In words: where outputs go besides OUTPUT_FOLDER."""
        return self.words.also_written

    def output_layout(self, config: Config) -> str:
        """The name of the way in which outputs lie in OUTPUT_FOLDER, of which one folder holds one."""
        return TREE

    def check(self, config: Config) -> None:
        """Look whether there is anything to do, before models are loaded. Raises EmptyTreeError where there isn't."""
        if next(self.walk(config), None) is None:
            raise EmptyTreeError(self.why_empty(config))

    def choices(self, config: Config) -> Iterable[str]:
        """Which models this configuration takes, and why, a line each."""
        return ()

    def stand_ins(self, config: Config) -> Sequence[str]:
        """A sentence for each model that does the work of another which would be taken if it were there."""
        return ()

    def warnings(self, config: Config) -> Iterable[str]:
        """What whoever asks for this configuration should know, a line each."""
        return ()

    def after_run(self, config: Config, source_showing_left: Sequence[Outcome]) -> Sequence[str]:
        """Clear up once the tree has been walked; lines that say so. source_showing_left: outcomes of items that
        have left the tree, of which there are files that show what has gone.
        """
        return ()

    def loose(self, item: Any) -> Any:
        """The same item, of which nothing is written but into OUTPUT_FOLDER."""
        return item

    def cost(self, outcome: Outcome, config: Config) -> Cost:
        """What an item in the tree takes, told from the outcome of a loose one."""
        return Cost(outcome.seconds, sum(state.size for state in outcome.outputs.values()))

    def are_sound(self, details: Mapping[str, object]) -> bool:
        """Whether a processor of this stage can have given these details."""
        return not details

    def cells(self, outcome: Outcome) -> Sequence[object]:
        """What the outcomes' table has under `columns`."""
        return ()

    def statistics(self) -> DetailStatistics:
        """What run.json says about details, empty at first."""
        return NoStatistics()

    def open_report(self, config: Config) -> Report | None:
        """What shows a run to people; None where nothing is asked for."""
        return None
