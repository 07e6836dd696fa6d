"""Over a tree of hostile files the command ends well, masks nothing wrong and changes nothing."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ExitCode
from masking.pipeline.outcomes_csv import read_outcomes
from tests.audit.command import audit
from tests.hostile.tree import HostileTree, make_hostile_tree

SEEDS = [int(seed) for seed in os.environ.get("HOSTILE_SEEDS", "0").split(",")]
"""HOSTILE_SEEDS=0,1,2,3 tries as many different trees."""
OUTPUT_ENDINGS = ("_overlay.png", "_mask_only.png", "_mesh.obj")


def fingerprint_of(path: Path) -> str:
    """SHA-256 of the file; of one that only root may read, its size and time."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except PermissionError:
        status = path.stat()
        return f"{status.st_size} {status.st_mtime_ns}"


def contents(folder: Path) -> dict[str, str]:
    """What everything below `folder` is: a hash, a link's target, or the kind of thing."""
    found = {}
    for below, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(below, name)
            status = path.lstat()
            if stat.S_ISREG(status.st_mode):
                found[str(path)] = fingerprint_of(path)
            else:
                target = path.readlink() if path.is_symlink() else ""
                found[str(path)] = f"{stat.S_IFMT(status.st_mode)} {target}"
    return found


@pytest.mark.thorough
@pytest.mark.parametrize("seed", SEEDS)
def test_a_tree_of_hostile_files(crop: np.ndarray, tmp_path: Path, seed: int) -> None:
    home, output = tmp_path / "home", tmp_path / "output"
    home.mkdir()
    tree = make_hostile_tree(tmp_path / "tree", tmp_path / "outside", Image.fromarray(crop), seed)
    before = contents(tmp_path)
    command = [sys.executable, str(PROJECT_FOLDER / "batch_process.py")]
    command += ["--input-folder", str(tree.folder), "--output-folder", str(output)]
    done = subprocess.run(
        command, capture_output=True, cwd=home, env={**os.environ, "HOME": str(home), "TMPDIR": str(home)}, check=False
    )
    assert done.returncode == ExitCode.SOME_NOT_DONE, done.stderr.decode(errors="replace")
    assert b"Traceback" not in done.stderr
    statuses = statuses_in(output)
    report(tree, statuses)
    wrong = {
        place: statuses.get(place)
        for place, allowed in tree.allowed.items()
        if statuses.get(place) is None or (allowed and statuses[place] not in allowed)
    }
    assert not wrong
    assert "failed" not in {status for place, status in statuses.items() if "too long" not in place}
    after = contents(tmp_path)
    assert {place: after.get(place) for place in before} == before, "an input has changed"
    written = {place for place in set(after) - set(before) if not place.startswith(str(output))}
    masked = {str(tree.folder / place) for place, status in statuses.items() if status == "masked"}
    assert written == {str(Path(place).with_suffix("")) + ending for place in masked for ending in OUTPUT_ENDINGS}
    assert audit([str(tree.folder), "--output-folder", str(output)]) == ExitCode.ALL_DONE


def statuses_in(output: Path) -> dict[str, str]:
    rows = read_outcomes(output / "outcomes.csv")
    return {str(Path(row["identity"], row["video"], row["image"])): row["status"] for row in rows}


def report(tree: HostileTree, statuses: dict[str, str]) -> None:
    """Print the table of docs/promises.md: pytest shows it with -s."""
    print(f"\n{sum(tree.kinds.values())} files")
    for kind, count in tree.kinds.items():
        places = [place for place in tree.allowed if place.split("/")[0] == kind.replace("/", " ")]
        seen = sorted({statuses.get(place, "-") for place in places})
        print(f"| {kind!r} | {count} | {', '.join(seen)} |")
