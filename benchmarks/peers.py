"""Beside a peer: deface, which blurs faces, and this project's face mesh, over the same crops, by turns.

    python -m venv peers && peers/bin/pip install 'deface>=1.5' 'onnxruntime>=1.20'
    python -m benchmarks.peers --deface peers/bin/deface [--images 1000] [--rounds 3]

In an environment of its own, because deface brings another OpenCV. deface is one process, which uses all cores; ours is
run with one worker and with several, with all its proofs, and writes six files an image where deface writes one. Each
contestant also does a single image; what that takes is its start, and the rest is counted for the other images. Of all
rounds the least disturbed run counts, because whatever else the machine does only ever slows one down; on a busy
machine the difference of the two says little.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import Run, facemesh_settings, machine, masking, measured, tree

WANTED = 1.5
"""Times deface's images a second that two workers are to reach."""


@dataclass(frozen=True)
class Figures:
    """images_per_second and cpu_ms without the start, which takes start_seconds; peak_mb: of all processes."""

    images_per_second: float
    cpu_ms: float
    peak_mb: float
    start_seconds: float

    @classmethod
    def of(cls, one: Sequence[Run], many: Sequence[Run], images: int) -> Figures:
        """From runs over one image and runs over `images`, of each the least disturbed."""
        start, seconds = (min(run.seconds for run in runs) for runs in (one, many))
        start_cpu, cpu = (min(run.cpu_seconds for run in runs) for runs in (one, many))
        more = images - 1
        peak = max(run.peak_mb for run in many)
        return cls(more / max(seconds - start, 1e-9), 1000 * (cpu - start_cpu) / more, peak, start)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deface", type=Path, default=shutil.which("deface"), help="its command (default: the PATH's)")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.images < 2:
        parser.error("--images must be 2 at least")
    if options.deface is None:
        parser.error("deface is not installed; the first lines of this program's help say how")
    contestants = ["deface", "1 worker", f"{options.workers} workers"]
    runs: dict[str, dict[int, list[Run]]] = {name: {1: [], options.images: []} for name in contestants}
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        for _ in range(options.rounds):
            for name in contestants:
                for count, done in runs[name].items():
                    done.append(run(name, count, options.deface.absolute(), Path(tempfile.mkdtemp(dir=folder))))
    best = {name: Figures.of(done[1], done[options.images], options.images) for name, done in runs.items()}
    report(best, options.images, options.rounds)
    if options.json:
        results = {"machine": machine(), "figures": {name: vars(figures) for name, figures in best.items()}}
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


def run(name: str, images: int, deface: Path, folder: Path) -> Run:
    """One contestant over a tree of its own, in the empty `folder`."""
    settings = [*facemesh_settings(), *tree(folder, images)]
    if name == "deface":
        photos = sorted((folder / "query").rglob("*_prep.png"))
        done = measured([deface, *photos], codes=(0,))
        if len(list((folder / "query").rglob("*_anonymized.png"))) != images:
            raise SystemExit(f"deface has not written all {images} images:\n{done.said}")
        return done
    done = measured(masking("--workers", name.split()[0], settings=settings), outputs=folder / "query", codes=(0,))
    if len(list((folder / "query").rglob("*_overlay.png"))) != images:
        raise SystemExit(f"not all {images} images were masked:\n{done.said}")
    return done


def report(best: dict[str, Figures], images: int, rounds: int) -> None:
    about = machine()
    print(f"{images} crops of 224 x 224, best of {rounds} rounds by turns; {about['cpu']}, {about['cores']} cores")
    print(
        f"{'':<12}{'images/s':>10}{'x deface':>10}{'CPU ms an image':>17}{'peak MB':>9}{'start and one image, s':>24}"
    )
    peer = best["deface"].images_per_second
    for name, figures in best.items():
        print(
            f"{name:<12}{figures.images_per_second:>10.1f}{figures.images_per_second / peer:>10.2f}"
            f"{figures.cpu_ms:>17.1f}{figures.peak_mb:>9.0f}{figures.start_seconds:>24.2f}"
        )
    print(f"(two workers on two cores are to reach {WANTED} times deface's images a second)")


if __name__ == "__main__":
    sys.exit(main())
