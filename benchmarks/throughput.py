"""Images a second, side by side: the original's way, ours with one worker, ours with several.

    python -m benchmarks.throughput [--images 240] [--workers 2] [--rounds 2] [--json FILE] [--plot FILE]

On a RingNet checkpoint (a look-alike of the published one's size, unless --model-folder names the real one, and then
also --flame-folder and --predictor) and on the embedded face mesh. All contestants take turns, --rounds times, and the
best round of each counts, because whatever else the machine does only ever slows one down. The images' own time is told
apart from the start (imports, loading models, starting workers), which lasts to the first mask. A RingNet checkpoint is
converted before. Memory is the peak of all processes together, what they share counted once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measuring import (
    facemesh_settings,
    images_and_seconds,
    machine,
    masking,
    measured,
    ringnet_settings,
    tree,
)

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
        return facemesh_settings()
    settings = ringnet_settings(folder, options.model_folder, options.flame_folder, options.predictor)
    measured(masking("--doctor", "--convert", settings=[*settings, *tree(folder / "doctor", 1)]), codes=(0,))
    return settings


def one_round(settings: list[str], options: argparse.Namespace, folder: Path) -> dict[str, Row]:
    """One turn of each contestant, each on a tree of its own."""
    rows = {}
    module = [sys.executable, "-m", "benchmarks.original", "--images", str(options.original_images)]
    target = [*settings, *tree(folder / "original", options.original_images)]
    run = measured([*module, *words(target)], outputs=folder / "original" / "query", codes=(0,))
    found = json.loads(run.said.splitlines()[-1])
    rows[f"original ({found['renderer']})"] = {
        "images_per_second": 1 / found["seconds"],
        "peak_mb": run.peak_mb,
        "start_seconds": run.first_seconds,
    }
    for workers in (1, options.workers):
        target = [*settings, *tree(folder / str(workers), options.images)]
        run = measured(masking("--workers", str(workers), settings=target), outputs=folder / str(workers) / "query")
        done, seconds = images_and_seconds(run.said)
        if done != options.images:
            raise SystemExit(run.said)
        rows["1 worker" if workers == 1 else f"{workers} workers"] = {
            "images_per_second": done / seconds,
            "cpu_seconds_with_start": run.cpu_seconds,
            "peak_mb": run.peak_mb,
            "start_seconds": run.first_seconds,
        }
    return rows


def words(settings: list[str]) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def network_share(settings: list[str], options: argparse.Namespace, folder: Path) -> float:
    """Share of one warm worker's CPU time that it spends inside its networks."""
    target = [*settings, *tree(folder, min(options.images, 60))]
    run = measured([sys.executable, "-m", "benchmarks.network_share", *words(target)], codes=(0,))
    return float(run.said.split()[-1])


def report(path: str, rows: dict[str, Row]) -> None:
    first = next(iter(rows.values()))["images_per_second"]
    single = rows["1 worker"]["images_per_second"]
    print(f"\n{path}: {'':<14}{'images/s':>10}{'x original':>12}{'x 1 worker':>12}{'peak MB':>9}{'start, s':>10}")
    for name, row in rows.items():
        speed = row["images_per_second"]
        beside = f"{speed / first:>12.1f}{speed / single:>12.2f}"
        print(f"  {name:<20}{speed:>10.2f}{beside}{row['peak_mb']:>9.0f}{row['start_seconds']:>10.2f}")
    print(f"  {rows['1 worker']['network_share']:.0%} of a worker's CPU time is spent inside the network", flush=True)


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
