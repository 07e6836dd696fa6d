"""Make query/ and database/ of a study from portraits, by view synthesis: two videos a person on each side, one shared.

Each frame is the portrait with its head turned and cut out anew, each video has a light of its own. That is far easier
than real videos: expression, age, hair and background of a person never change. What it gives honestly is as many
identities as there are people; morphs of two people, which --morphs adds, lie between them and count as no more people.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.scenes.portraits import load_portraits
from benchmarks.scenes.scene import framed
from examples.views import Picture, Portrait, seen_from, stretched

SIDE = 224
PORTRAIT_SIDE = 512
MARGIN = 1.9
NOISE = 3.0
YAWS = (-14, -7, 0, 7, 14)
PITCHES = (-6, 0, 6)


@dataclass(frozen=True)
class Video:
    """name: of its folder. tree: query or database. frames: how many."""

    tree: str
    name: str
    frames: int


VIDEOS = (Video("query", "1", 2), Video("query", "2", 2), Video("database", "1", 1), Video("database", "3", 2))


def main() -> int:
    """Make the trees and say how many people are in them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where query/ and database/ are made")
    parser.add_argument(
        "--portraits", type=Path, help="a folder of pictures of one person each (default: the examples')"
    )
    parser.add_argument("--morphs", type=int, default=0, help="how many morphs of two people to add")
    parser.add_argument("--mirrored", action="store_true", help="add each person's mirror image as another identity")
    options = parser.parse_args()
    people = load_portraits(options.portraits)
    identities = {one.name: one for one in people}
    if options.mirrored:
        identities |= {f"{one.name}_mirrored": mirrored(one) for one in people}
    for first, second in list(combinations(people, 2))[: options.morphs]:
        identities[f"{first.name}_and_{second.name}"] = morphed(first, second)
    written = sum(
        write_identity(options.folder, name, one, seed) for seed, (name, one) in enumerate(identities.items())
    )
    print(f"{written} prepared images of {len(identities)} identities, made of {len(people)} portraits")
    return 0


def write_identity(folder: Path, name: str, portrait: Portrait, seed: int) -> int:
    """Write all frames of one identity; how many."""
    count = 0
    lights: dict[str, np.ndarray] = {}
    for video in VIDEOS:
        random = np.random.default_rng([seed, int(video.name), len(video.tree)])
        light = lights.setdefault(video.name, random.uniform(0.8, 1.15, 3))
        for number in range(video.frames):
            video_folder = folder / video.tree / name / video.name
            video_folder.mkdir(parents=True, exist_ok=True)
            stem = f"{name}_{video.name}.{number + 10 * (video.tree == 'database'):03d}"
            Image.fromarray(frame(portrait, light, random)).save(video_folder / f"{stem}_prep.png")
            count += 1
    return count


def frame(portrait: Portrait, light: np.ndarray, random: np.random.Generator) -> Picture:
    """One prepared image (224, 224, 3) of the person, seen from somewhere."""
    seen = seen_from(portrait, float(random.choice(YAWS)), float(random.choice(PITCHES)))
    offset = (random.uniform(-0.04, 0.04), random.uniform(-0.04, 0.04))
    crop, _ = framed(seen, random.uniform(-6, 6), MARGIN * random.uniform(0.9, 1.15), SIDE, offset)
    noisy = crop * light + random.normal(0, NOISE, crop.shape)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), dtype=np.uint8)


def mirrored(portrait: Portrait) -> Portrait:
    """The person's mirror image."""
    width = portrait.picture.shape[1]
    # The mesh's vertices stay in the mirror image's own order only by fitting anew; the outline is all that is used.
    points = portrait.points * [-1, 1, 1] + np.array([width, 0, 0])
    return Portrait(f"{portrait.name}_mirrored", np.ascontiguousarray(portrait.picture[:, ::-1]), points)


def morphed(first: Portrait, second: Portrait) -> Portrait:
    """A face half way between two people."""
    crops = [_square(one) for one in (first, second)]
    points = (crops[0].points + crops[1].points) / 2
    drawn = [_moved(crop, points) for crop in crops]
    blend = np.asarray(cv2.addWeighted(drawn[0], 0.5, drawn[1], 0.5, 0), np.uint8)
    return Portrait(f"{first.name}_and_{second.name}", blend, points)


def _square(portrait: Portrait) -> Portrait:
    picture, person = framed(portrait, 0, MARGIN * 1.4, PORTRAIT_SIDE)
    scale = person.size / max(float(np.ptp(portrait.points[:, :2], axis=0).max()), 1e-9)
    return Portrait(portrait.name, picture, np.column_stack([person.points, portrait.points[:, 2] * scale]))


def _moved(portrait: Portrait, points: np.ndarray) -> Picture:
    rim = np.array([(u, v) for u in (0, 256, 512) for v in (0, 256, 512) if (u, v) != (256, 256)], dtype=np.float64)
    source, target = (np.concatenate([held[:, :2], rim]) for held in (portrait.points, points))
    depth = np.concatenate([points[:, 2], np.full(len(rim), points[:, 2].max() + 1)])
    return stretched(portrait.picture, source, target, depth)


if __name__ == "__main__":
    sys.exit(main())
