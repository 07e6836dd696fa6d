"""What can be chosen by name: reconstructors, landmark detectors, renderers.

Each kind has one Registry, in the room of that kind. `auto`, the INI's choices, the doctor and the docs are read from
it. Another package adds to it by an entry point of the registry's group, which names an Entry, or by a call of
`register`; worker processes see only the former.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from masking.core.downloads import FoundFile, Wanted, find
from masking.core.errors import ConfigError

if TYPE_CHECKING:
    from masking.core.config import Config
    from masking.core.config.options import Section

Part = TypeVar("Part", covariant=True)
AUTO = "auto"


@dataclass(frozen=True)
class ModelFile:
    """A file that the user may download: which, the folder or path at which it is looked for, and what it enables.

    find: finds it there. check: tries whether what was found is sound. Both raise ModelFileError.
    """

    wanted: Wanted
    location: Path
    enables: str
    find: Callable[[Wanted, Path], FoundFile] = find
    check: Callable[[FoundFile], object] = lambda _: None


@dataclass(frozen=True)
class Entry(Generic[Part]):
    """Something that can be chosen. load: loads it; imports what it needs only then.

    files: what it reads of the user's own. options: its own section of the INI, of its name; `config.options_of(name)`
    gives it. why_automatic: why `auto` takes it with this configuration, None where it doesn't.
    hashes: the files that it reads when it is opened, there or not. state: lines that say what it would
    run on. make_ahead: makes what its first start would make of its files, and yields lines on what came of it.
    """

    name: str
    summary: str
    load: Callable[[Config], Part]
    files: Callable[[Config], Iterable[ModelFile]] = lambda _: ()
    options: type[Section] | None = None
    why_automatic: Callable[[Config], str | None] = lambda _: None
    hashes: Callable[[Config], Iterable[Path]] = lambda _: ()
    state: Callable[[Config], Iterable[str]] = lambda _: ()
    make_ahead: Callable[[Config], Iterable[str]] = lambda _: ()


class Registry(Generic[Part]):
    """Everything of one kind that can be chosen, by name. `auto` takes the first entry that says why.

    key: the INI's key that chooses, for messages. group: of entry points.
    """

    def __init__(self, key: str, group: str, entries: Iterable[Entry[Part]]) -> None:
        self.key = key
        self._group = group
        self._entries = {entry.name: entry for entry in entries}
        self._has_looked_around = False

    def register(self, entry: Entry[Part]) -> None:
        """Add `entry` to what can be chosen in this process. Raises ValueError where its name is taken."""
        if entry.name in self._entries or entry.name == AUTO:
            raise ValueError(f"{self.key} = {entry.name} exists already")
        self._entries[entry.name] = entry

    def unregister(self, name: str) -> None:
        """Remove what `register` added."""
        del self._entries[name]

    def __iter__(self) -> Iterator[Entry[Part]]:
        if not self._has_looked_around:
            self._has_looked_around = True
            for found in entry_points(group=self._group):
                self.register(found.load())
        return iter(list(self._entries.values()))

    @property
    def names(self) -> list[str]:
        """What may be chosen, without `auto`."""
        return [entry.name for entry in self]

    def choose(self, name: str, config: Config) -> tuple[Entry[Part], str]:
        """The entry of this name, and why it is that one. Raises ConfigError where there is none."""
        for entry in self:
            if name == entry.name:
                return entry, f"{self.key} = {name}"
            if name == AUTO and (why := entry.why_automatic(config)):
                return entry, f"{self.key} = {AUTO}, and {why}"
        raise ConfigError([f"{self.key} = {name}: there is none of this name, only {', '.join(self.names)}"])

    def load(self, name: str, config: Config) -> Part:
        """Load what `choose` gives. Raises ModelFileError or MissingPackageError where that can't be done."""
        return self.choose(name, config)[0].load(config)


def registry_at(location: str) -> Registry[object]:
    """The registry at `module:name`."""
    module, _, name = location.partition(":")
    registry = getattr(import_module(module), name)
    if not isinstance(registry, Registry):
        raise TypeError(f"{location} is not a registry")
    return registry
