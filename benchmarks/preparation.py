"""Preparation: frames a second, memory over the length of a video, and decisions against the original's pose rules.

`python -m benchmarks.preparation speed [--rounds 3] | memory [--frames N ...] | rules [--folder DIR]`
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.measuring import Run, measured
from benchmarks.scenes.portraits import Picture, Points, Portrait, load_portraits, seen_from
from benchmarks.scenes.scene import framed
from examples.make_source import write_video
from masking.core.process import set_up_process
from masking.faces.detector import SHORT_RANGE, FaceDetector
from masking.faces.head_pose import head_pose
from masking.faces.mesh_network import MeshNetwork
from masking.faces.pyramid import Pyramid

VIEWS_A_PERSON = 60
MAX_DEGREES = 20


def turning_frames(portrait: Portrait, size: tuple[int, int], count: int, distinct: int = 60) -> Iterator[Picture]:
    """`count` frames of a head that turns, of `distinct` ones over and over."""
    views = []
    for number in range(min(distinct, count)):
        phase = 2 * np.pi * number / distinct
        views.append(framed(seen_from(portrait, 25 * np.sin(phase), 8 * np.sin(2 * phase)), 0, 2.8, size)[0])
    return itertools.islice(itertools.cycle(views), count)


def prepared(source: Path, target: Path, workers: int) -> Run:
    """The command over `source`, everything done anew."""
    command = [sys.executable, "-m", "masking", "prepare", str(source), str(target), "--quiet", "--force"]
    return measured([*command, "--set", f"RUN.WORKERS={workers}"])


def speed(rounds: int) -> None:
    """Frames a second of 720p with one face, decoding included, without the start of the command.

    Of each length the least disturbed of all rounds counts, because whatever else the machine does only slows one down.
    """
    portrait = load_portraits()[1]
    short, long, videos = 30, 400, 4
    print(f"720p, one face; {videos} videos of {long} frames against {videos} of {short}")
    with tempfile.TemporaryDirectory() as folder:
        sources = {count: Path(folder, str(count)) for count in (short, long)}
        for count, source in sources.items():
            (source / "Ada").mkdir(parents=True)
            for video in range(videos):
                write_video(source / "Ada" / f"{video}.mp4", turning_frames(portrait, (1280, 720), count), 25)
        runs: dict[tuple[int, int], list[Run]] = defaultdict(list)
        for turn, workers, count in itertools.product(range(rounds), (1, 2), sources):
            print(f"round {turn + 1}: {workers} worker(s), {count} frames a video", end="", flush=True)
            run = prepared(sources[count], Path(folder, f"out{count}"), workers)
            print(f": {run.seconds:.1f} s, CPU {run.cpu_seconds:.1f} s", flush=True)
            runs[workers, count].append(run)
        frames = videos * (long - short)
        for workers in (1, 2):
            wall, cpu = (
                min(getattr(run, of) for run in runs[workers, long])
                - min(getattr(run, of) for run in runs[workers, short])
                for of in ("seconds", "cpu_seconds")
            )
            print(f"WORKERS = {workers}: {frames / wall:6.1f} frames/s, {1000 * cpu / frames:5.1f} CPU ms a frame")


def memory(lengths: Sequence[int]) -> None:
    """Peak memory of the process that prepares one small video, over its length."""
    portrait = load_portraits()[1]
    for count in lengths:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "source")
            (source / "Ada").mkdir(parents=True)
            write_video(source / "Ada" / "1.mp4", turning_frames(portrait, (160, 120), count), 25)
            # VmHWM is the process's own; ru_maxrss would be that of its parent, where that is larger.
            program = (
                "import pathlib, re, sys; from masking.commands.main import main; main(sys.argv[1:]); "
                "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])"
            )
            arguments = [sys.executable, "-c", program, "prepare", str(source), str(Path(folder, "target")), "--quiet"]
            started = time.perf_counter()
            done = subprocess.run(arguments, check=True, capture_output=True, text=True)
            peak = int(done.stdout.split()[-1]) / 1024
            print(f"{count:>7} frames: peak {peak:6.1f} MB, {time.perf_counter() - started:6.1f} s", flush=True)


def original_pose(points: Points, box: Points) -> tuple[float, float]:
    """Yaw and pitch, degrees, by the original's formula, with vertices of the mesh in place of PFLD's points.

    points (468, 2): pixels. box (4,): what PFLD was shown, as a square of 112 pixels. WFLW's 1 and 31 lie on the jaw's
    outline below the ears, its 51 on the bridge of the nose between the eyes.
    """
    side = float((box[2:] - box[:2]).max())
    right, left, nose = (points[vertices].mean(axis=0) * 112 / side for vertices in ([93, 234], [323, 454], [6, 168]))
    along = (left - right) / np.linalg.norm(left - right)
    foot = right + along * ((nose - right) @ along)
    half = np.linalg.norm(left - right) / 2
    yaw = int((half - np.linalg.norm(right - foot)) / half * 71.58 + 0.7037)
    distance = float(np.linalg.norm(nose - foot)) * (-1 if nose[1] < foot[1] else 1)
    return yaw, int(1.497 * distance + 18.97)


def rules(folder: Path | None) -> None:
    """How many frames the original's bounds on yaw and pitch decide alike, by its formula and by our pose."""
    random, detector, network = np.random.default_rng(1), FaceDetector(SHORT_RANGE), MeshNetwork()
    alike: Counter[str] = Counter()
    for portrait in load_portraits(folder):
        for _ in range(VIEWS_A_PERSON):
            turn = random.uniform(-32, 32), random.uniform(-20, 20)
            picture, _ = framed(seen_from(portrait, *turn), 0, 3.0, (640, 480))
            found = detector.detect(picture, 0.3)
            if not found:
                continue
            faces = network.passes(Pyramid(picture), found[0])
            pose = head_pose([face.points for face in faces])
            theirs = original_pose(faces[-1].points[:, :2], faces[-1].box)
            for name, own, other in (("yaw", pose.yaw, theirs[0]), ("pitch", pose.pitch, theirs[1])):
                ours_keeps, theirs_keeps = abs(own) < MAX_DEGREES, abs(other) < MAX_DEGREES
                alike[f"{name} alike"] += ours_keeps == theirs_keeps
                alike[f"{name} kept by us alone"] += ours_keeps and not theirs_keeps
                alike[f"{name} kept by the original alone"] += theirs_keeps and not ours_keeps
            alike["frames"] += 1
    for name, count in alike.items():
        print(f"{name:<34}{count:>6}  {count / alike['frames']:.3f}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("speed", "memory", "rules"))
    parser.add_argument("--folder", type=Path, help="rules: portraits of one person each (default: the examples)")
    parser.add_argument("--rounds", type=int, default=3, help="speed: how often each run is made (default: 3)")
    parser.add_argument("--frames", type=int, nargs="+", default=[1000, 10_000, 100_000], help="memory: lengths")
    options = parser.parse_args(arguments)
    set_up_process()
    with contextlib.suppress(KeyboardInterrupt):
        if options.what == "speed":
            speed(options.rounds)
        elif options.what == "memory":
            memory(options.frames)
        else:
            rules(options.folder)


if __name__ == "__main__":
    main()
