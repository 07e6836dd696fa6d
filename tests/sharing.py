"""How a parallel test run is shared out, and the costly files that its processes make once for all of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

ONE_AFTER_ANOTHER = {
    "TensorFlow": ("tests/reconstruction/ringnet/", "tests/test_ringnet_pipeline.py", "tests/original/"),
    "processes": ("tests/pipeline/engines/", "tests/hostile/test_neighbour.py", "tests/rendering/test_compilation.py"),
}
"""Group -> beginnings of tests' names. One process takes a whole group, so that TensorFlow is loaded and the look-alike
network restored once, and tests that start many processes, or measure how long they take, don't disturb one another.
"""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Hand out the groups as a whole, which begin first, and every other test by itself."""
    from xdist.scheduler import LoadScopeScheduling

    class InGroups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            groups = (group for group, beginnings in ONE_AFTER_ANOTHER.items() if nodeid.startswith(beginnings))
            return next(groups, nodeid)

    return InGroups(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Let reports travel between the processes that quote names which are no valid text."""
    return _encodable((yield))


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return type(value)(map(_encodable, value)) if type(value) in (list, tuple) else value


def open_to_others(folder: Path) -> None:
    """Let other users look into `folder`, which pytest has made for this one alone."""
    temporary = Path(tempfile.gettempdir())
    for path in (folder, *folder.parents):
        if temporary in path.parents:
            path.chmod(0o755)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name` in which one of the run's processes has called `make`. Not to be written to."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / name, shared / f"{name}.done"
    with FileLock(shared / f"{name}.lock"):
        if not done.exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            done.touch()
    return folder
