"""How long comparing takes, and how much memory: made embeddings, each query against each gallery image.

python benchmarks/comparisons.py --people 10000 --size 512
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from masking.reidentification.comparison import Enrolled, compare
from masking.reidentification.figures import Precision, figures


def main() -> int:
    """Print time, memory and the figures, so that it can be seen that they were computed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000, help="one image each on both sides")
    parser.add_argument("--size", type=int, default=512, help="numbers in an embedding")
    parser.add_argument("--noise", type=float, default=2.5, help="of an image, where what a person shows is 1")
    parser.add_argument("--resamples", type=int, default=1000, help="of people, for intervals")
    options = parser.parse_args()
    query, gallery = made(options.people, options.size, options.noise)
    before, started, worked = most_memory(), time.perf_counter(), time.process_time()
    run = compare(query, gallery)
    compared, compared_work = time.perf_counter() - started, time.process_time() - worked
    found = figures([run], Precision(options.resamples, options.resamples))
    whole, whole_work = time.perf_counter() - started, time.process_time() - worked
    print(f"{options.people} x {options.people} embeddings of {options.size}, {options.resamples} resamples")
    print(f"  compared: {compared:.1f} s ({compared_work:.1f} s of CPU)")
    print(f"  with all figures and intervals: {whole:.1f} s ({whole_work:.1f} s of CPU)")
    print(f"  memory: {most_memory():.0f} MB at most, {before:.0f} MB of it before")
    for name, figure in found.named.items():
        print(f"  {name}: {figure.value:.4f} [{figure.low:.4f}, {figure.high:.4f}], chance {figure.chance:.4g}")
    return 0


def made(people: int, size: int, noise: float) -> tuple[Enrolled, Enrolled]:
    """Query and gallery: what a person shows on both sides, and noise of each image's own."""
    random = np.random.default_rng(0)
    shown = random.normal(size=(people, size)).astype(np.float32)
    sides = [
        Enrolled(shown + noise * random.normal(size=shown.shape).astype(np.float32), np.arange(people))
        for _ in range(2)
    ]
    return sides[0], sides[1]


def most_memory() -> float:
    """The most resident memory that this process has had, MB."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    sys.exit(main())
