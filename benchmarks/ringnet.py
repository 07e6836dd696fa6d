"""RingNet's start and its time an image, ours against the original's way, in one run.

    python -m benchmarks.ringnet [--model-folder DIR] [--images N]

The original imported the graph and restored the checkpoint for every image. Without --model-folder a look-alike
checkpoint of ResNet-50's size is made first, as the published one is not shipped.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.frozen_cache import cache_path
from masking.reconstruction.ringnet.network import Network
from masking.reconstruction.ringnet.tensorflow_runtime import start_tensorflow
from tests.lookalikes.checkpoint import OriginalSession, write_checkpoint

TURNS = 5
WAYS = {
    "original": "original, graph imported and restored for each image:",
    "session": "plain session kept open:",
    "ours": "ours, frozen and pruned:",
}
START = """
import time; begin = time.perf_counter()
from pathlib import Path
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.network import Network
from masking.reconstruction.ringnet.tensorflow_runtime import start_tensorflow
tf, device = start_tensorflow("cpu", 0); ready = time.perf_counter()
Network(tf, device, CheckpointFiles(Path({folder!r})), batched=False)
print(ready - begin, time.perf_counter() - ready)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-folder", type=Path)
    parser.add_argument("--images", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.model_folder or Path(temporary)
        if options.model_folder is None:
            write_checkpoint(folder, full_size=True)
        measure(folder, options.images)


def measure(folder: Path, count: int) -> None:
    files = CheckpointFiles(folder)
    cache_path(files).unlink(missing_ok=True)
    for which in ("first", "second"):
        tensorflow, model = start(folder)
        print(f"{which} start: TensorFlow {tensorflow:.1f} s, then RingNet {model:.1f} s", flush=True)

    tf, device = start_tensorflow("cpu", 0)
    images = np.random.default_rng(0).uniform(-1, 1, (count, 224, 224, 3)).astype(np.float32)
    network = Network(tf, device, files, batched=False)
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    with OriginalSession(folder) as session:
        # By turns, so that whatever else the machine does falls on all three alike.
        for turn in range(TURNS):
            seconds["original"].append(timed(partial(run_once, folder, images[0])))
            for image in images[turn::TURNS]:
                seconds["session"].append(timed(partial(session.run, image)))
            for image in images[turn::TURNS]:
                seconds["ours"].append(timed(partial(network, image[None])))
    report(seconds)


def report(seconds: dict[str, list[float]]) -> None:
    medians = {way: statistics.median(times) for way, times in seconds.items()}
    for way, title in WAYS.items():
        fastest = min(seconds[way])
        print(f"{title:55} {medians[way] * 1000:8.1f} ms an image (median; fastest {fastest * 1000:.1f})")
    print(f"ours is {medians['original'] / medians['ours']:.0f} times as fast as the original's way by the medians,")
    least_disturbed = min(seconds["original"]) / min(seconds["ours"])
    print(f"{least_disturbed:.0f} times by the fastest of each (at least 25 is wanted)")


def start(folder: Path) -> tuple[float, float]:
    program = START.format(folder=str(folder))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    tensorflow, model = done.stdout.split()
    return float(tensorflow), float(model)


def run_once(folder: Path, image: npt.NDArray[np.float32]) -> None:
    with OriginalSession(folder) as session:
        session.run(image)


def timed(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
