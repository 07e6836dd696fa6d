"""The rooms of the house: who may know whom. Read from the imports themselves, those inside functions too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import masking

PACKAGE = Path(masking.__file__).parent
PROJECT = PACKAGE.parent
SCRIPTS = ("batch_process", "batch_helper", "landmark_cropping")
MODULES = {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (*PACKAGE.rglob("*.py"), *(PROJECT / f"{name}.py" for name in SCRIPTS))
}
ENTRANCES = {name for name in MODULES if name.endswith("__main__")}
MAY_KNOW = {
    "core": set(),
    "geometry": {"core"},
    "faces": {"core"},
    "dataset": {"core"},
    "pipeline": {"core"},
    "reconstruction": {"core", "geometry", "faces"},
    "rendering": {"core", "geometry"},
    "masks": {"core", "geometry", "faces", "dataset", "pipeline", "reconstruction", "rendering", "report"},
    "preparation": {"core", "faces", "dataset", "pipeline", "report"},
    "report": {"core", "dataset", "pipeline", "masks"},
    "reidentification": {"core", "faces", "dataset", "pipeline", "reconstruction", "report"},
    "audit": {"core", "geometry", "faces", "dataset", "pipeline", "masks"},
}
"""Rooms that a room may import. `commands` may know everything."""
STAGES = {"masks", "preparation", "reidentification"}


def imports_of(path: Path) -> Iterator[str]:
    """The modules of this project that the file imports for its work; for types alone is another matter."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and isinstance(branch.test, ast.Name) and branch.test.id == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            named = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else node.module for name in named if node.module in MODULES)


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "masking" else parts[0]


GRAPH = {name: set(imports_of(path)) - {name} for name, path in MODULES.items()}


def circles(graph: dict[str, set[str]]) -> Iterator[list[str]]:
    """Circles of modules, each found once at least."""
    done: set[str] = set()

    def visit(name: str, way: list[str]) -> Iterator[list[str]]:
        if name in way:
            yield [*way[way.index(name) :], name]
        elif name not in done:
            for other in sorted(graph.get(name, ())):
                yield from visit(other, [*way, name])
            done.add(name)

    for name in sorted(graph):
        yield from visit(name, [])


def test_no_module_imports_itself_by_way_of_others() -> None:
    # What a package's __init__ names for others, its own modules may be named by.
    graph = {name: others for name, others in GRAPH.items() if name not in ENTRANCES}
    assert [" -> ".join(circle) for circle in circles(graph)] == []


def test_the_test_above_can_fail() -> None:
    assert list(circles({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == [["a", "b", "c", "a"]]


@pytest.mark.parametrize("room", sorted(MAY_KNOW))
def test_each_room_knows_only_what_lies_below(room: str) -> None:
    known = {
        (name, other)
        for name, others in GRAPH.items()
        for other in others
        if room_of(name) == room and name not in ENTRANCES and room_of(other) not in MAY_KNOW[room] | {room, "masking"}
    }
    allowed = {("masking.masks.photo_masker", "landmark_cropping"), ("masking.masks.stage", "batch_helper"),
               ("masking.audit.rerun", "batch_helper"),
               ("masking.preparation.fit_proof", "landmark_cropping")}  # fmt: skip
    assert known - allowed == set()


def reached(name: str, stage: str) -> Iterator[str]:
    """The modules of other stages that are imported by way of modules of none."""
    seen, ahead = {name}, [name]
    while ahead:
        for other in GRAPH[ahead.pop()] - seen:
            seen.add(other)
            if room_of(other) not in STAGES:
                ahead.append(other)
            elif room_of(other) != stage:
                yield other


def test_no_stage_knows_another_directly_or_by_way_of_other_rooms() -> None:
    stages = {name: room_of(name) for name in GRAPH if room_of(name) in STAGES}
    assert {(name, other) for name, stage in stages.items() for other in reached(name, stage)} == set()


def test_only_entrances_know_the_commands() -> None:
    found = {name for name, others in GRAPH.items() if any(room_of(other) == "commands" for other in others)}
    assert {name for name in found if room_of(name) != "commands"} - ENTRANCES - {"batch_process"} == set()
