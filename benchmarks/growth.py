"""How time, memory and the journal grow with the number of images, for trees of several sizes, on one plot.

    python -m benchmarks.growth [--images 100 1000 5000 20000] [--workers 2] [--json FILE] [--plot FILE]

Each size is a tree of its own, masked by the face mesh, without meshes and report pictures so that the disk holds it:
0.4 GB for 1,000 images. Memory is what all processes together hold at most, what they share counted once. Run again on
the finished tree, the command looks at every image and does nothing; that time is shown too.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measuring import facemesh_settings, images_and_seconds, machine, masking, measured, tree

PANELS = {"seconds": "s, start included", "peak_mb": "MB in all processes", "journal_mb": "MB of journal"}
SPARING = ["OUTPUT.SAVE_MESH=no", "OUTPUT.PHOTOS_IN_REPORT=no"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[100, 1_000, 5_000, 20_000])
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--json", type=Path, help="figures of earlier sizes in it are kept")
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    results: dict[str, Any] = {"machine": machine(), "workers": options.workers, "rows": {}}
    if options.json and options.json.exists():
        results["rows"] = json.loads(options.json.read_text(encoding="utf-8"))["rows"]
    print(f"{'images':>8}{'seconds':>10}{'images/s':>10}{'peak MB':>9}{'journal MB':>12}{'run again, s':>14}")
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        for images in options.images:
            row = results["rows"][str(images)] = one_size(images, options.workers, Path(tempfile.mkdtemp(dir=folder)))
            print(
                f"{images:>8}{row['seconds']:>10.1f}{row['images_per_second']:>10.1f}{row['peak_mb']:>9.0f}"
                f"{row['journal_mb']:>12.2f}{row['again_seconds']:>14.1f}",
                flush=True,
            )
            if options.json:
                options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if options.plot:
        plot(results, options.plot)
    return 0


def one_size(images: int, workers: int, folder: Path) -> dict[str, float]:
    settings = [*facemesh_settings(), *SPARING, *tree(folder, images)]
    command = masking("--workers", str(workers), settings=settings)
    first = measured(command, codes=(0,))
    done, seconds = images_and_seconds(first.said)
    if done != images:
        raise SystemExit(first.said)
    journal = sum(path.stat().st_size for path in (folder / "output").glob("journal*"))
    again = measured(command, codes=(0,))
    if not re.search(rf"Skipped: {images} images", again.said):
        raise SystemExit(again.said)
    return {
        "seconds": first.seconds,
        "images_per_second": images / seconds,
        "peak_mb": first.peak_mb,
        "journal_mb": journal / 1e6,
        "again_seconds": again.seconds,
        "again_peak_mb": again.peak_mb,
    }


def plot(results: dict[str, Any], file: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    rows = {int(images): row for images, row in results["rows"].items()}
    sizes = sorted(rows)
    figure, axes = plt.subplots(1, len(PANELS), figsize=(12, 3.6), layout="constrained")
    for axis, (name, title) in zip(axes, PANELS.items(), strict=True):
        axis.plot(sizes, [rows[size][name] for size in sizes], "o-", color="#2c4a6e", label="masked")
        if name != "journal_mb":
            again = "again_seconds" if name == "seconds" else "again_peak_mb"
            axis.plot(sizes, [rows[size][again] for size in sizes], "o--", color="#9a9a9a", label="run again")
            axis.legend(frameon=False)
        axis.set_xscale("log")
        if name == "peak_mb":
            axis.set_ylim(bottom=0)
        else:
            axis.set_yscale("log")
        axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axis.minorticks_off()
        axis.set_title(title)
        axis.spines[["top", "right"]].set_visible(False)
    about = results["machine"]
    figure.supxlabel(f"images; face mesh, {results['workers']} workers, {about['cpu']}", fontsize=9)
    figure.savefig(file, dpi=110)


if __name__ == "__main__":
    sys.exit(main())
