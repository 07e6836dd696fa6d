"""Weights of masking/faces/evidence.py: logistic regression on what the models say of places in made pictures.

Places on a person whom a mask leaves to be seen are faces; all others, in pictures of one masked person, are not. Only
the portraits and seeds of `choose` are used.
"""

from __future__ import annotations

import argparse
import pickle
import sys
from pathlib import Path

import numpy as np

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT_FOLDER))  # runs as a script from a checkout that is not installed

from masking.runtime import set_up_process  # noqa: E402

set_up_process()  # before the libraries are imported

from benchmarks.fit_proof import half_of, scenes  # noqa: E402
from benchmarks.scenes.kinds import Cast  # noqa: E402
from benchmarks.scenes.portraits import load_portraits  # noqa: E402
from landmark_cropping import FaceMeshLandmarks, hull_pixels  # noqa: E402
from masking.faces.detector import Detection  # noqa: E402
from masking.faces.finder import FaceFinder  # noqa: E402

KINDS = ("plain", "oblong", "cartoon", "second face", "neighbour", "poster")
EVEN = 165


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=["choose", "report"], default="choose")
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--portraits", type=Path)
    parser.add_argument("--dump", type=Path)
    options = parser.parse_args()
    finder, landmarks = FaceFinder(), FaceMeshLandmarks()
    cast = Cast(half_of(load_portraits(options.portraits), options.half))
    rows = []
    for scene in scenes(cast, KINDS, options.count, options.seed + (0 if options.half == "choose" else 1_000_000)):
        found = finder.find(scene.picture, "largest")
        if not found.people:
            continue
        height, width = scene.picture.shape[:2]
        masked = hull_pixels(landmarks.detect(scene.picture, found.people[:1])[0], height, width)
        overlay = scene.picture.copy()
        overlay[masked] = EVEN
        left = [
            p
            for p in scene.people
            if not masked[tuple(np.clip(p.points.mean(axis=0), 0, [width - 1, height - 1]).astype(int)[::-1])]
        ]
        if len(left) != len(scene.people) - 1:
            continue
        others = [FaceCandidate(p.witness) for p in found.people[1:]]
        suspects = finder.suspects(overlay, masked, [*found.unproven, *others])
        rows.append(
            (
                scene.kind,
                [(p.size / max(height, width), p.points) for p in left],
                [(s.candidate.detection, s.scores) for s in suspects],
                (height, width),
            )
        )
    if options.dump:
        options.dump.write_bytes(pickle.dumps(rows))
    return 0


def FaceCandidate(witness: Detection):  # noqa
    from masking.faces.looks import Candidate

    return Candidate(witness, short=witness.score)


if __name__ == "__main__":
    sys.exit(main())
