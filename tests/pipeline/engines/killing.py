"""kill -9 at random moments of real runs, of workers and of the command itself: a plain re-run must heal it all.

The suite kills a few times over a small tree. A longer trial:

    python -m tests.pipeline.engines.killing --images 300 --kills 20
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import hashlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

PROJECT_FOLDER = Path(__file__).resolve().parents[3]
OWN_FILES = {"journal", "outcomes.csv", "run.log", "run.json", "report.html", "input_folder.json"}
PATIENCE = 120


def copy_images(photos: list[Path], images: int, folder: Path) -> None:
    """A tree of `images` copies of `photos`, in videos of ten."""
    for number in range(images):
        video = folder / f"identity-{number // 50}" / f"video-{number // 10 % 5}"
        video.mkdir(parents=True, exist_ok=True)
        shutil.copy(photos[number % len(photos)], video / f"frame.{number:04d}_prep.png")


@contextlib.contextmanager
def command(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command at work on folder/query and folder/output."""
    line = [sys.executable, PROJECT_FOLDER / "batch_process.py", "--input-folder", folder / "query"]
    line += ["--output-folder", folder / "output", *arguments]
    process = subprocess.Popen(line, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for the command; it must end with every image masked."""
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    return said


def outputs(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in both folders by its path, but for the run's own records, which hold times."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not (path.parent == folder / "output" and path.name in OWN_FILES)
    }


def statuses(folder: Path) -> list[str]:
    with (folder / "output" / "outcomes.csv").open(newline="") as file:
        return [row["status"] for row in csv.DictReader(file)]


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if any("spawn_main" in part for part in child.cmdline()):
                found.append(child)
    return found


def kill_workers(folder: Path, kills: int, seconds: float, chance: random.Random) -> int:
    """Run to the end while workers are killed, from the first output on, each after up to `seconds`; how many were."""
    killed = 0
    with command(folder, "--workers", "2") as process:
        while process.poll() is None and not any((folder / "query").rglob("*_overlay.png")):
            time.sleep(0.05)
        while killed < kills and process.poll() is None:
            time.sleep(chance.uniform(0, seconds))
            with contextlib.suppress(psutil.NoSuchProcess):
                if workers := workers_of(process):
                    chance.choice(workers).kill()
                    killed += 1
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode in (0, 1), said
    assert "Traceback" not in said, said
    return killed


def kill_command(folder: Path, seconds: float, workers: int, chance: random.Random) -> int:
    """Start the command and kill it after up to `seconds`; 1, or 0 where it was faster."""
    with command(folder, "--workers", str(workers)) as process:
        return int(killed_after(process, chance.uniform(0.5, seconds)))


def killed_after(process: subprocess.Popen[Any], seconds: float) -> bool:
    """Kill `process` after so many `seconds`; False where it was faster."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return True
    return False


def rerun_and_compare(folder: Path, reference: dict[str, str], images: int) -> None:
    """A plain re-run must leave what an undisturbed run leaves, and nothing else."""
    with command(folder) as process:
        finish(process)
    assert statuses(folder) == ["masked"] * images
    left = outputs(folder)
    assert sorted(left) == sorted(reference)
    assert left == reference


def main() -> None:
    from examples.make_tree import make_trees

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--kills", type=int, default=20, help="of workers, and as many of the command")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="killing-") as name:
        base = Path(name)
        photos = make_trees(base / "examples")
        undisturbed = base / "undisturbed"
        copy_images(photos, options.images, undisturbed / "query")
        started = time.perf_counter()
        with command(undisturbed) as process:
            finish(process)
        seconds = time.perf_counter() - started
        reference = outputs(undisturbed)
        print(f"undisturbed: {options.images} images, {len(reference)} files, {seconds:.0f} s", flush=True)
        for kind in ("worker", "command"):
            killed = episode = 0
            while killed < options.kills:
                folder = base / f"{kind}-{episode}"
                episode += 1
                shutil.copytree(undisturbed / "query", folder / "query", ignore=only_photos)
                wanted = min(5, options.kills - killed)
                if kind == "worker":
                    killed += kill_workers(folder, wanted, seconds / 4, chance)
                else:
                    killed += sum(kill_command(folder, seconds, 1 + number % 2, chance) for number in range(wanted))
                interim = outputs(folder)
                rerun_and_compare(folder, reference, options.images)
                print(
                    f"{killed:3d} kills of a {kind}: {len(interim)} files before the re-run, "
                    f"{sum('.masking-' in name for name in interim)} of them temporary or locks; after it all equal",
                    flush=True,
                )
                shutil.rmtree(folder)


def only_photos(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if "_prep" in name and not name.endswith("_prep.png")]


if __name__ == "__main__":
    main()
