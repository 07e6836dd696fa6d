"""kill -9 at random moments of preparation, of the whole run and with one worker and two: the next run must heal it.

The suite kills a few times. A longer trial:

    python -m tests.preparation.killing --kills 20
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from examples.make_source import make_source
from tests.pipeline.engines.killing import killed_after
from tests.preparation.study import Contents, contents_of

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
PATIENCE = 300
KILLS_A_TARGET = 5


def start(source: Path, target: Path, workers: int = 1) -> subprocess.Popen[bytes]:
    line = [sys.executable, "-m", "masking", "prepare", str(source), str(target), "--quiet"]
    line += ["--set", f"RUN.WORKERS={workers}"]
    return subprocess.Popen(line, cwd=PROJECT_FOLDER, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def finish(source: Path, target: Path, workers: int = 1) -> Contents:
    """What a run that nobody disturbs leaves."""
    with start(source, target, workers) as process:
        process.wait(PATIENCE)
    # 1: identities of the made source without a prepared image are reported so.
    assert process.returncode in (0, 1), process.returncode
    return contents_of(target)


def kill(source: Path, target: Path, workers: int, seconds: float) -> bool:
    """Start a run and kill it after so many `seconds`; False where it was faster."""
    with start(source, target, workers) as process:
        return killed_after(process, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--copies", type=int, default=3, help="of the made source's identities")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="killing-") as name:
        base = Path(name)
        make_source(base / "made")
        source = base / "source"
        for copy in range(options.copies):
            for identity in (base / "made").iterdir():
                shutil.copytree(identity, source / f"{identity.name}-{copy}")
        started = time.perf_counter()
        reference = finish(source, base / "undisturbed")
        seconds = time.perf_counter() - started
        print(f"undisturbed: {len(reference)} files, {seconds:.1f} s", flush=True)
        assert finish(source, base / "two", workers=2) == reference
        print("2 workers: the same bytes", flush=True)
        killed = 0
        while killed < options.kills:
            target = base / f"target-{killed}"
            wanted = min(KILLS_A_TARGET, options.kills - killed)
            for number in range(wanted):
                killed += kill(source, target, 1 + number % 2, chance.uniform(0.5, seconds))
            assert finish(source, target, workers=1 + killed // KILLS_A_TARGET % 2) == reference
            print(f"{killed} kills: after the next run the same bytes", flush=True)
            shutil.rmtree(target)


if __name__ == "__main__":
    main()
