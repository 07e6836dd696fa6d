"""How long and how much memory comparing many embeddings takes: ranks, CMC, AUC and EER exactly, then all intervals."""

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

MEMORY_UNIT = 1e9 if sys.platform == "darwin" else 1e6


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=512, help="numbers in an embedding")
    options = parser.parse_args()
    random = np.random.default_rng(0)
    people = np.arange(options.people)
    shown = random.normal(size=(options.people, options.size)).astype(np.float32)
    query = Enrolled(shown + random.normal(0, 3, shown.shape).astype(np.float32), people)
    gallery = Enrolled(shown, people)
    wall, cpu = time.perf_counter(), time.process_time()
    identified, verified = compare(query, gallery)
    cmc = [float((identified.ranks <= k).mean()) for k in (1, 5, 10)]
    roc = verified.roc
    print(f"{options.people} x {options.people} embeddings of {options.size}: {verified.impostors:,} impostor pairs")
    print(f"  CMC at 1, 5, 10: {cmc}; AUC {roc.area:.6f}, EER {roc.equal_error_rate:.6f}")
    _say("ranks, CMC, AUC, EER", wall, cpu)
    wall, cpu = time.perf_counter(), time.process_time()
    figures([(identified, verified)], Precision())
    _say("all figures with 1000 resamples of people", wall, cpu)
    return 0


def _say(what: str, wall: float, cpu: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEMORY_UNIT
    seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    print(f"  {what}: {seconds:.1f} s, {cpu_seconds:.1f} CPU s; peak {peak:.2f} GB so far")


if __name__ == "__main__":
    sys.exit(main())
