"""Runs commands and watches them: their time, their CPU time, and the memory of all their processes."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
SAMPLE_SECONDS = 0.2


@dataclass(frozen=True)
class Run:
    """One command, measured.

    said: its output. seconds: from its start to its end. first_seconds: to its first overlay. cpu_seconds: of all its
    processes. peak_mb: proportional set size of all its processes at one time, in which what they share counts once.
    largest_mb: the resident memory of the largest of them at its largest.
    """

    said: str
    seconds: float
    first_seconds: float
    cpu_seconds: float
    peak_mb: float
    largest_mb: float


def measured(command: Sequence[str | Path], *, outputs: Path | None = None, codes: Sequence[int] = (0, 1)) -> Run:
    """Run `command`, whose overlays appear below `outputs`. Raises SystemExit where it ends with another code."""
    peak = largest = 0.0
    with tempfile.TemporaryFile("w+") as output:
        began = time.time()
        process = subprocess.Popen(
            list(map(str, command)), cwd=PROJECT_FOLDER, stdout=output, stderr=subprocess.DEVNULL, text=True
        )
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            sizes = [size for child in family(process.pid) if (size := memory_of(child))]
            peak = max(peak, sum(shared for shared, _ in sizes))
            largest = max([largest, *(resident for _, resident in sizes)])
            time.sleep(SAMPLE_SECONDS)
        seconds = time.time() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    if process.returncode not in codes:
        raise SystemExit(f"{command} ended with {process.returncode}:\n{said}")
    written = [path.stat().st_mtime for path in outputs.rglob("*_overlay.png")] if outputs else []
    first = min(written) - began if written else seconds
    return Run(said, seconds, first, usage.ru_utime + usage.ru_stime, peak / 1e6, largest / 1e6)


def family(process: int) -> list[psutil.Process]:
    """The process and all that it has started."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(process)
        return [parent, *parent.children(recursive=True)]
    return []


def memory_of(process: psutil.Process) -> tuple[float, float] | None:
    """Proportional set size, where the system tells it, and resident memory, bytes."""
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        memory = process.memory_full_info()
        return getattr(memory, "pss", memory.rss), memory.rss
    return None


def masking(*arguments: str, settings: Sequence[str] = ()) -> list[str]:
    """The command of a run of this project."""
    return [
        sys.executable,
        str(PROJECT_FOLDER / "batch_process.py"),
        *arguments,
        *(word for setting in settings for word in ("--set", setting)),
    ]


def tree(folder: Path, images: int) -> list[str]:
    """Copies of the example photos, and the settings that name their folders.

    They are to stay until the last run has ended: for minutes after files were deleted, ext4 takes twenty times as long
    to create one.
    """
    from examples.make_tree import make_trees

    photos = make_trees(folder / "examples")
    for number in range(images):
        video = folder / "query" / f"identity-{number // 1000}" / f"video-{number // 100 % 10}"
        video.mkdir(parents=True, exist_ok=True)
        shutil.copy(photos[number % len(photos)], video / f"frame-{number:05d}_prep.png")
    return [f"DEFAULT.INPUT_FOLDER={folder / 'query'}", f"DEFAULT.OUTPUT_FOLDER={folder / 'output'}"]


def facemesh_settings() -> list[str]:
    """The embedded default, whatever other models are there."""
    return ["RECONSTRUCTION.RECONSTRUCTOR=facemesh", "LANDMARKS.LANDMARK_DETECTOR=facemesh"]


def ringnet_settings(folder: Path, model: Path | None, flame: Path | None, predictor: Path | None) -> list[str]:
    """RingNet with these files, or look-alikes of them, of the real size, made below `folder`."""
    lookalike = []
    if model is None:
        command = [sys.executable, "-m", "tests.lookalikes", "--folder", str(folder), "--full-size"]
        subprocess.run(command, cwd=PROJECT_FOLDER, check=True, stderr=subprocess.DEVNULL)
        # An untrained head may miss the hull; an image without a mask would cost less than one with.
        lookalike = ["RENDERING.MIN_COVERAGE=0.1"]
    made = folder / "shape_predictor_81_face_landmarks" / "shape_predictor_81_face_landmarks.dat"
    return [
        "RECONSTRUCTION.RECONSTRUCTOR=ringnet",
        "RECONSTRUCTION.DEVICE=cpu",
        f"RECONSTRUCTION.MODEL_FOLDER={model or folder / 'model'}",
        f"RECONSTRUCTION.FLAME_FOLDER={flame or folder / 'flame_model'}",
        "LANDMARKS.LANDMARK_DETECTOR=dlib",
        f"LANDMARKS.PREDICTOR_FILE={predictor or made}",
        *lookalike,
    ]


def images_and_seconds(said: str) -> tuple[int, float]:
    """How many images a run has masked or refused, and the seconds that it took for them, without its start."""
    found = re.search(r"Done: (\d+) images in ([0-9.]+) s", said)
    if found is None:
        raise SystemExit(said)
    return int(found[1]), float(found[2])


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = "unknown"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (found := re.search(r"model name\s*: (.*)", cpuinfo.read_text())):
        model = found[1]
    memory = round(psutil.virtual_memory().total / 1e9)
    return {"cpu": model, "cores": os.cpu_count(), "memory_gb": memory, "python": platform.python_version()}
