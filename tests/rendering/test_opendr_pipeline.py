"""The whole command with the real OpenDR and with the built-in renderer: the same statuses and the same pictures."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batch_process import main
from masking.core.config import in_memory_config
from masking.core.config.options import RenderingOptions
from masking.core.errors import ExitCode, MissingPackageError
from masking.rendering.registry import open_renderer


@pytest.fixture(autouse=True)
def _needs_opendr() -> None:
    try:
        open_renderer(in_memory_config(rendering=RenderingOptions(renderer="opendr")))
    except MissingPackageError as error:
        pytest.skip(f"OpenDR is not installed here: {error}")


def masked_tree(example_trees: Path, folder: Path, renderer: str) -> list[str]:
    shutil.copytree(example_trees / "query", folder / "query")
    folders = ["--input-folder", str(folder / "query"), "--output-folder", str(folder / "output")]
    assert main([*folders, "--set", f"RENDERING.RENDERER={renderer}"]) == ExitCode.ALL_DONE
    with (folder / "output" / "outcomes.csv").open(newline="", encoding="utf-8") as file:
        return [row["status"] for row in csv.DictReader(file)]


def test_both_renderers_give_the_same_statuses_and_overlays(example_trees: Path, tmp_path: Path) -> None:
    statuses = [masked_tree(example_trees, tmp_path / name, name) for name in ("builtin", "opendr")]
    assert statuses[0] == statuses[1]
    overlays = sorted((tmp_path / "builtin").rglob("query/**/*_overlay.png"))
    assert len(overlays) == 6
    for path in overlays:
        other = tmp_path / "opendr" / path.relative_to(tmp_path / "builtin")
        mask = np.array(Image.open(path.with_name(path.name.replace("_overlay", "_mask_only"))))
        drawn = (mask != 255).any(axis=2)
        one, two = (np.array(Image.open(picture)).astype(int)[drawn] for picture in (path, other))
        difference = np.abs(one - two).max(axis=1)
        assert (difference <= 1).mean() >= 0.995
        assert (difference == 0).mean() >= 0.97
