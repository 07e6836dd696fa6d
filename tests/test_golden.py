"""The examples' masks to the pixel: a change of pixels is always meant, named in the changelog, and made here too."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masking import mask_tree

GOLDEN = Path(__file__).parent / "golden.json"
HOW = "if that is intended, name it in CHANGELOG.md and write tests/golden.json again: python -m tests.test_golden"
WIDER_ARITHMETIC = ("avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_fp16", "amx_tile", "asimd")
"""What decides in which order a processor adds up, and so how the networks' numbers round."""


def processor() -> list[str]:
    """Which of WIDER_ARITHMETIC this machine has."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return ["unknown"]
    return [name for name in WIDER_ARITHMETIC if name in flags]


def pixels_of(query: Path) -> dict[str, str]:
    """SHA-256 of the decoded pixels of each mask, which other versions of a PNG writer leave alone."""
    return {
        path.relative_to(query).as_posix(): hashlib.sha256(np.array(Image.open(path)).tobytes()).hexdigest()
        for path in sorted(query.rglob("*_prep_*.png"))
    }


def test_the_examples_masks_are_those_that_were_agreed_on(query_folder: Path, tmp_path: Path) -> None:
    golden = json.loads(GOLDEN.read_text())
    assert mask_tree(query_folder, tmp_path / "out").counts == {"masked": 6}
    if golden["processor"] != processor():
        pytest.skip("the networks may round differently on another kind of processor than the golden pixels come from")
    assert pixels_of(query_folder) == golden["pixels"], HOW


if __name__ == "__main__":
    import tempfile

    from examples.make_tree import make_trees

    with tempfile.TemporaryDirectory() as folder:
        make_trees(Path(folder))
        mask_tree(Path(folder, "query"), Path(folder, "out"))
        golden = {"processor": processor(), "pixels": pixels_of(Path(folder, "query"))}
        GOLDEN.write_text(json.dumps(golden, indent=1) + "\n")
