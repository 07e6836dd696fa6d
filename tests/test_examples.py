"""The examples that a clone brings are what examples/make_tree.py makes of the portraits."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from examples.make_tree import TREES
from masking.core.config.options import PROJECT_FOLDER
from masking.dataset import walk

EXAMPLES = PROJECT_FOLDER / "examples"
LEVELS = 0.5
"""Mean difference that another processor's or library's rounding may make; a crop moved by one pixel makes several."""


def images_below(folder: Path) -> dict[str, Path]:
    """The frames and the prepared images, without what a run has written beside them."""
    files = [*folder.rglob("*_prep.png"), *folder.rglob("*.jpg")]
    return {path.relative_to(folder).as_posix(): path for path in files}


@pytest.mark.parametrize("tree", TREES)
def test_the_images_are_those_that_the_script_makes(tree: str, example_trees: Path) -> None:
    made, kept = images_below(example_trees / tree), images_below(EXAMPLES / tree)
    assert kept.keys() == made.keys()
    for name, path in made.items():
        expected, found = (np.asarray(Image.open(file), dtype=float) for file in (path, kept[name]))
        assert expected.shape == found.shape
        assert np.abs(expected - found).mean() < LEVELS, f"{name} is another picture: run examples/make_tree.py"


@pytest.mark.parametrize("tree", TREES)
def test_a_run_finds_six_images_in_each_tree(tree: str) -> None:
    assert len(list(walk(EXAMPLES / tree))) == 6


def test_the_portraits_are_those_that_their_readme_names() -> None:
    readme = (EXAMPLES / "portraits" / "README.md").read_text(encoding="utf-8")
    named = dict(re.findall(r"^\| `([\w.]+)` .*`([0-9a-f]{64})` \|$", readme, re.MULTILINE))
    files = {path.name: path for path in (EXAMPLES / "portraits").iterdir() if path.suffix != ".md"}
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()} == named


@pytest.mark.parametrize("name", ["eileen_collins.png", "grace_hopper.jpg"])
def test_a_portrait_is_as_its_package_ships_it(name: str) -> None:
    skimage, matplotlib = pytest.importorskip("skimage"), pytest.importorskip("matplotlib")
    shipped = {
        "eileen_collins.png": Path(skimage.__file__).parent / "data" / "astronaut.png",
        "grace_hopper.jpg": Path(matplotlib.__file__).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg",
    }
    assert (EXAMPLES / "portraits" / name).read_bytes() == shipped[name].read_bytes()
