"""kill -9 at any moment costs time, never an image. The long trial: python -m tests.pipeline.engines.killing"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.pipeline.engines.killing import (
    command,
    copy_images,
    finish,
    kill_command,
    kill_workers,
    outputs,
    rerun_and_compare,
)

IMAGES = 40


@pytest.fixture(scope="module")
def undisturbed(example_trees: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], float]:
    """What a run leaves that nobody disturbs, and how long it takes."""
    folder = tmp_path_factory.mktemp("undisturbed")
    copy_images(sorted(example_trees.rglob("*_prep.png")), IMAGES, folder / "query")
    started = time.perf_counter()
    with command(folder) as process:
        finish(process)
    return outputs(folder), time.perf_counter() - started


@pytest.fixture
def tree(example_trees: Path, tmp_path: Path) -> Path:
    copy_images(sorted(example_trees.rglob("*_prep.png")), IMAGES, tmp_path / "query")
    return tmp_path


@pytest.mark.thorough
def test_killed_workers_cost_no_image(tree: Path, undisturbed: tuple[dict[str, str], float]) -> None:
    reference, _ = undisturbed
    assert kill_workers(tree, 2, 0.3, random.Random(1)) >= 1
    rerun_and_compare(tree, reference, IMAGES)


@pytest.mark.thorough
def test_a_killed_command_is_taken_up_where_it_was(tree: Path, undisturbed: tuple[dict[str, str], float]) -> None:
    reference, seconds = undisturbed
    chance = random.Random(2)
    assert sum(kill_command(tree, seconds, workers, chance) for workers in (1, 1, 2)) >= 1
    rerun_and_compare(tree, reference, IMAGES)
