"""CPU time an image beside that of another commit, by turns, so that what else the machine does counts for both.

Prints for each size of plain upright crops the least and the median CPU milliseconds an image, this checkout's and the
other commit's, and their ratio. The other commit is checked out into a temporary folder and runs with the same
packages. The crops are made as `plain` of benchmarks/fit_proof.py, of both example portraits.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT_FOLDER))  # runs as a script from a checkout that is not installed
LAST_BEFORE_FIT_PROOF = "f4cb983"
TIMED = """
import json, sys, tempfile, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
try:
    from masking.core.process import set_up_process
except ImportError:  # an older commit, whose modules lay elsewhere
    from masking.runtime import set_up_process
set_up_process()
try:
    from masking.core.config import load_config
except ImportError:
    from masking.config import load_config
from batch_helper import ImageMasker
from masking.dataset import PreparedImage, walk

tree, passes = Path(sys.argv[2]), int(sys.argv[3])
with tempfile.TemporaryDirectory() as output:
    folders = [("", "DEFAULT.INPUT_FOLDER", str(tree)), ("", "DEFAULT.OUTPUT_FOLDER", output)]
    masker = ImageMasker(load_config(None, folders))
    images = [entry for entry in walk(tree) if isinstance(entry, PreparedImage)]
    for image in images:
        masker.mask(image)
    started = time.process_time()
    for _ in range(passes):
        for image in images:
            masker.mask(image)
    print(json.dumps(1000 * (time.process_time() - started) / passes / len(images)))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commit", default=LAST_BEFORE_FIT_PROOF, help="default: the last before faces were proven")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--portraits", type=Path, help="folder with portraits of your own, one person each")
    parser.add_argument("--sizes", type=int, nargs="+", default=[224, 1024, 4096])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "other"
        worktree = ["git", "-C", str(PROJECT_FOLDER), "worktree"]
        subprocess.run([*worktree, "add", "--quiet", "--detach", str(other), options.commit], check=True)
        try:
            for size in options.sizes:
                compare(size, enlarged(Path(folder) / f"tree_{size}", size, options.portraits), other, options.rounds)
        finally:
            subprocess.run([*worktree, "remove", "--force", str(other)], check=True)
    return 0


def enlarged(tree: Path, size: int, portraits: Path | None = None) -> Path:
    """Plain crops, `size` pixels wide; of the larger sizes fewer."""
    from PIL import Image

    from benchmarks.fit_proof import scenes
    from benchmarks.scenes.kinds import Cast
    from benchmarks.scenes.portraits import load_portraits

    count = 40 if size < 1000 else 4
    for number, scene in enumerate(scenes(Cast(load_portraits(portraits)), ["plain"], count, seed=4)):
        path = tree / scene.people[0].name / "1" / f"{number}_prep.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(scene.picture)
        picture.resize((size, size), Image.Resampling.LANCZOS).save(path)
    return tree


def compare(size: int, tree: Path, other: Path, rounds: int) -> None:
    passes = max(1, 4 * 224 * 224 // (size * size))
    seconds: dict[str, list[float]] = {"before": [], "now": []}
    for _ in range(rounds):
        for name, checkout in (("before", other), ("now", PROJECT_FOLDER)):
            command = [sys.executable, "-c", TIMED, str(checkout), str(tree), str(passes)]
            done = subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONPATH": ""})
            seconds[name].append(float(json.loads(done.stdout)))
    least, middle = ({name: pick(values) for name, values in seconds.items()} for pick in (min, statistics.median))
    print(
        f"{size} x {size}, CPU ms an image: least {least['before']:.1f} -> {least['now']:.1f}"
        f" ({least['now'] / least['before']:.2f} times), median {middle['before']:.1f} -> {middle['now']:.1f}"
        f" ({middle['now'] / middle['before']:.2f} times)",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
