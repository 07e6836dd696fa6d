"""RingNet's starts, memory and time an image, on LiteRT, on TensorFlow, and in the original's way, in one run.

    python -m benchmarks.ringnet [--model-folder DIR --flame-folder DIR --predictor FILE] [--images N] [--workers 8]

The original imported the graph and restored the checkpoint for every image. Without --model-folder look-alikes of the
real files' size are made first, as those are not shipped. A start is the command's, over one photo, to its mask.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.measuring import Run, masking, measured, ringnet_settings, tree
from masking.core.config import load_config
from masking.core.config.options import ReconstructionOptions
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.runtimes import open_network
from tests.lookalikes.checkpoint import OriginalSession

TURNS = 5
STARTS = 5
RUNTIMES = ("litert", "tensorflow")
WAYS = {
    "original": "original, graph imported and restored for each image:",
    "session": "plain session kept open:",
    "tensorflow": "ours on TensorFlow, frozen and pruned:",
    "litert": "ours on LiteRT:",
}
WANTED_START, WANTED_WORKER_MB, WANTED_WORKERS_MB = 1.5, 500, 2500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--model-folder", "--flame-folder", "--predictor"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--workers", type=int, default=8, help="side by side, for their memory (default: 8)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ringnet-") as temporary:
        folder = Path(temporary)
        settings = ringnet_settings(folder, options.model_folder, options.flame_folder, options.predictor)
        starts(settings, folder)
        workers_memory(settings, folder / "workers", options.workers)
        times(settings, folder / "times", options.images)


def starts(settings: list[str], folder: Path) -> None:
    for runtime in RUNTIMES:
        runs = [
            start([*settings, f"RECONSTRUCTION.RUNTIME={runtime}"], folder / runtime / str(n)) for n in range(STARTS)
        ]
        later = runs[1:]
        fastest, middle = (pick(run.first_seconds for run in later) for pick in (min, statistics.median))
        print(
            f"{runtime:<12} first start {runs[0].first_seconds:5.1f} s, later ones {fastest:5.2f} s at best, "
            f"{middle:5.2f} s median; {max(run.largest_mb for run in later):5.0f} MB",
            flush=True,
        )
    print(f"(later starts on LiteRT are to take less than {WANTED_START} s on a quiet machine)")


def start(settings: list[str], folder: Path) -> Run:
    return measured(masking(settings=[*settings, *tree(folder, 1)]), outputs=folder / "query")


def workers_memory(settings: list[str], folder: Path, workers: int) -> None:
    target = [*settings, "RUN.CHUNK_SIZE=2", *tree(folder, 10 * workers)]
    run = measured(masking("--workers", str(workers), settings=target), outputs=folder / "query")
    print(
        f"{workers} workers: {run.peak_mb:.0f} MB in all, what is shared counted once; the largest has "
        f"{run.largest_mb:.0f} MB resident (at most {WANTED_WORKERS_MB} and {WANTED_WORKER_MB} are wanted of eight)",
        flush=True,
    )


def times(settings: list[str], folder: Path, count: int) -> None:
    overrides = [("--set", *setting.partition("=")[::2]) for setting in [*settings, *tree(folder, 1)]]
    options = load_config(None, overrides).reconstruction
    images = np.random.default_rng(0).uniform(-1, 1, (count, 224, 224, 3)).astype(np.float32)
    networks = {runtime: open_runtime(options, runtime) for runtime in RUNTIMES}
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    with OriginalSession(options.model_folder) as session:
        # By turns, so that whatever else the machine does falls on all alike.
        for turn in range(TURNS):
            seconds["original"].append(timed(partial(run_once, options.model_folder, images[0])))
            for image in images[turn::TURNS]:
                seconds["session"].append(timed(partial(session.run, image)))
                for runtime, network in networks.items():
                    seconds[runtime].append(timed(partial(network, image[None])))
    report(seconds)


def open_runtime(options: ReconstructionOptions, runtime: str) -> Callable[[npt.NDArray[np.float32]], object]:
    files = CheckpointFiles(options.model_folder)
    return open_network(options.model_copy(update={"runtime": runtime, "threads": 1}), files)


def report(seconds: dict[str, list[float]]) -> None:
    medians = {way: statistics.median(times) for way, times in seconds.items()}
    for way, title in WAYS.items():
        fastest = min(seconds[way])
        print(f"{title:55} {medians[way] * 1000:8.1f} ms an image (median; fastest {fastest * 1000:.1f})")
    print(
        f"LiteRT is {medians['original'] / medians['litert']:.0f} times as fast as the original's way by the medians,"
    )
    least_disturbed = min(seconds["original"]) / min(seconds["litert"])
    print(f"{least_disturbed:.0f} times by the fastest of each (at least 25 is wanted)")


def run_once(folder: Path, image: npt.NDArray[np.float32]) -> None:
    with OriginalSession(folder) as session:
        session.run(image)


def timed(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
