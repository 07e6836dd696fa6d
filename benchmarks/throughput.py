"""Images a second, side by side: the original's way, ours with one worker, ours with several.

    python -m benchmarks.throughput [--images 240] [--workers 2] [--rounds 2] [--json FILE] [--plot FILE]

On a RingNet checkpoint (a look-alike of the published one's size, unless --model-folder names the real one, and then
also --flame-folder and --predictor) and on the embedded face mesh. All contestants take turns, --rounds times, and the
best round of each counts, because whatever else the machine does only ever slows one down. Start-up (imports, loading
models, starting workers) is told apart from the images' own time. Memory is the peak of all processes together.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
Row = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=240, help="for our own way (default: 240)")
    parser.add_argument("--original-images", type=int, default=4, help="for the original's way (default: 4)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--paths", nargs="+", choices=["ringnet", "facemesh"], default=["ringnet", "facemesh"])
    for name in ("--model-folder", "--flame-folder", "--predictor", "--json", "--plot"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="throughput-") as folder:
        results = {"machine": machine(), "paths": {}}
        for path in options.paths:
            settings = settings_for(path, options, Path(folder))
            rows: dict[str, Row] = {}
            for number in range(options.rounds):
                for name, row in one_round(settings, options, Path(folder) / f"{path}-{number}").items():
                    if name not in rows or row["images_per_second"] > rows[name]["images_per_second"]:
                        rows[name] = row
            rows["1 worker"]["network_share"] = network_share(settings, options, Path(folder) / f"{path}-share")
            results["paths"][path] = rows
            report(path, rows)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if options.plot:
        plot(results, options.plot)
    return 0


def settings_for(path: str, options: argparse.Namespace, folder: Path) -> list[str]:
    if path == "facemesh":
        return ["RECONSTRUCTION.RECONSTRUCTOR=facemesh", "LANDMARKS.LANDMARK_DETECTOR=facemesh"]
    lookalike = []
    if options.model_folder is None:
        command = [sys.executable, "-m", "tests.lookalikes", "--folder", str(folder), "--full-size"]
        subprocess.run(command, cwd=PROJECT_FOLDER, check=True, stderr=subprocess.DEVNULL)
        # An untrained head may miss the hull; an image without a mask would cost less than one with.
        lookalike = ["RENDERING.MIN_COVERAGE=0.1"]
    predictor = folder / "shape_predictor_81_face_landmarks" / "shape_predictor_81_face_landmarks.dat"
    return [
        "RECONSTRUCTION.RECONSTRUCTOR=ringnet",
        f"RECONSTRUCTION.MODEL_FOLDER={options.model_folder or folder / 'model'}",
        f"RECONSTRUCTION.FLAME_FOLDER={options.flame_folder or folder / 'flame_model'}",
        "LANDMARKS.LANDMARK_DETECTOR=dlib",
        f"LANDMARKS.PREDICTOR_FILE={options.predictor or predictor}",
        *lookalike,
    ]


def one_round(settings: list[str], options: argparse.Namespace, folder: Path) -> dict[str, Row]:
    """One turn of each contestant, each on a tree of its own."""
    rows = {}
    said, _, memory = watched(
        ["-m", "benchmarks.original", "--images", str(options.original_images)],
        [*settings, *tree(folder / "original", options.original_images)],
    )
    found = json.loads(said.splitlines()[-1])
    rows[f"original ({found['renderer']})"] = {"images_per_second": 1 / found["seconds"], "peak_mb": memory}
    for workers in (1, options.workers):
        target = tree(folder / str(workers), options.images)
        said, cpu, memory = watched(["batch_process.py", "--workers", str(workers)], [*settings, *target])
        matched = re.search(r"Done: (\d+) images in ([0-9.]+) s", said)
        if matched is None or int(matched[1]) != options.images:
            raise SystemExit(said)
        rows["1 worker" if workers == 1 else f"{workers} workers"] = {
            "images_per_second": options.images / float(matched[2]),
            "cpu_seconds_with_start": cpu,
            "peak_mb": memory,
        }
    return rows


def tree(folder: Path, images: int) -> list[str]:
    """Copies of the example photos, and the settings that name their folders."""
    from examples.make_tree import make_trees

    photos = make_trees(folder / "examples")
    for number in range(images):
        video = folder / "query" / f"identity-{number // 100}" / "video"
        video.mkdir(parents=True, exist_ok=True)
        shutil.copy(photos[number % len(photos)], video / f"frame-{number:05d}_prep.png")
    return [f"DEFAULT.INPUT_FOLDER={folder / 'query'}", f"DEFAULT.OUTPUT_FOLDER={folder / 'output'}"]


def watched(command: list[str], settings: list[str]) -> tuple[str, float, float]:
    """What the command says, the CPU seconds and the peak resident memory in MB of it and its children."""
    line = [sys.executable, *command, *(part for setting in settings for part in ("--set", setting))]
    peak = cpu = 0.0
    with (
        tempfile.TemporaryFile("w+") as output,
        subprocess.Popen(line, cwd=PROJECT_FOLDER, stdout=output, stderr=subprocess.DEVNULL) as process,
    ):
        while process.poll() is None:
            used = [usage for child in family(process.pid) if (usage := usage_of(child))]
            peak = max(peak, sum(memory for memory, _ in used))
            cpu = max(cpu, sum(seconds for _, seconds in used))
            time.sleep(0.2)
        output.seek(0)
        said = output.read()
    if process.returncode not in (0, 1) or not said:
        raise SystemExit(f"{line} ended with {process.returncode}:\n{said}")
    return said, cpu, peak / 1e6


def family(process: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(process)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def usage_of(process: psutil.Process) -> tuple[float, float] | None:
    try:
        times = process.cpu_times()
        return process.memory_info().rss, times.user + times.system
    except psutil.NoSuchProcess:
        return None


def network_share(settings: list[str], options: argparse.Namespace, folder: Path) -> float:
    """Share of one warm worker's CPU time that it spends inside its networks."""
    said, _, _ = watched(["-m", "benchmarks.network_share"], [*settings, *tree(folder, min(options.images, 60))])
    return float(said.split()[-1])


def report(path: str, rows: dict[str, Row]) -> None:
    first = next(iter(rows.values()))["images_per_second"]
    single = rows["1 worker"]["images_per_second"]
    print(f"\n{path}: {'':<14}{'images/s':>10}{'x original':>12}{'x 1 worker':>12}{'peak MB':>9}")
    for name, row in rows.items():
        speed = row["images_per_second"]
        print(f"  {name:<20}{speed:>10.2f}{speed / first:>12.1f}{speed / single:>12.2f}{row['peak_mb']:>9.0f}")
    print(f"  {rows['1 worker']['network_share']:.0%} of a worker's CPU time is spent inside the network", flush=True)


def machine() -> dict[str, Any]:
    model = "unknown"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (found := re.search(r"model name\s*: (.*)", cpuinfo.read_text())):
        model = found[1]
    memory = round(psutil.virtual_memory().total / 1e9)
    return {"cpu": model, "cores": os.cpu_count(), "memory_gb": memory, "python": platform.python_version()}


def plot(results: dict[str, Any], file: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    paths = results["paths"]
    figure, axes = plt.subplots(1, len(paths), figsize=(5 * len(paths), 3.6), squeeze=False, layout="constrained")
    for axis, (path, rows) in zip(axes[0], paths.items(), strict=True):
        speeds = [row["images_per_second"] for row in rows.values()]
        bars = axis.bar(list(rows), speeds, color=["#9a9a9a", "#4878a8", "#2c4a6e"])
        axis.bar_label(bars, [f"{speed:.3g}" for speed in speeds], padding=2)
        axis.set_yscale("log")
        axis.set_ylim(min(speeds) / 2, max(speeds) * 2)
        axis.set_title(f"{path}, images/s (log scale)")
        axis.spines[["top", "right"]].set_visible(False)
    about = results["machine"]
    figure.supxlabel(f"{about['cpu']}, {about['cores']} cores; 224x224 with .obj", fontsize=9)
    figure.savefig(file, dpi=110)


if __name__ == "__main__":
    sys.exit(main())
