"""Weights of masking/faces/evidence.py, from what the models say of regions in made pictures.

The largest person is masked. Regions on anybody else of whose eyes, nose or mouth a tenth can be seen are faces;
regions in pictures of nobody else are not. Logistic regression would make the best of all regions; what counts is how
many pictures are decided wrongly: clean ones whose most suspicious region passes for a face, and others none of whose
faces does. So the direction of the weights is the one with the fewest wrong decisions, smoothed, found from where
logistic regression ends; their scale and the intercept are those of a logistic regression on what that direction
gives (Platt 1999), so that the sum is a face's log-odds.

Prints the weights, and for several bounds how many clean pictures would be refused and how many second faces found.
Drawn faces are left out: whether they are to be refused is a matter of taste.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT_FOLDER))  # runs as a script from a checkout that is not installed

from masking.core.process import set_up_process  # noqa: E402

set_up_process()  # before the libraries are imported

from benchmarks.fit_proof import SMALLEST, TO_BE_SEEN, config_of, half_of, scenes  # noqa: E402
from benchmarks.scenes.kinds import Cast  # noqa: E402
from benchmarks.scenes.portraits import load_portraits  # noqa: E402
from benchmarks.scenes.scene import Scene, Shown, enlarged, share_to_be_seen  # noqa: E402
from masking.core.errors import ItemError  # noqa: E402
from masking.faces.detector import Detection  # noqa: E402
from masking.faces.evidence import Scores  # noqa: E402
from masking.faces.looks import Candidate  # noqa: E402
from masking.masks.photo_masker import PhotoMasker  # noqa: E402

WITH_OTHERS = ("second face", "neighbour")
KINDS = ("plain", "oblong", "turned", "lit", *WITH_OTHERS, "neighbour")
HALVES = ("choose", "report")
FACTORS = (1,) * 12 + (2, 4, 7)
"""By how much pictures are enlarged, by turns: in larger ones, tiles show more of what is no face."""
RIDGE = 1e-3
SMOOTHING = 0.5
"""How far, in the weights' sum, a decision is from the bound where it begins to count as wrong."""
BOUNDS = (-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)
SIZES = ((SMALLEST, 0.21), (0.21, 0.6))


@dataclass(frozen=True)
class Judged:
    """A made picture with its largest person masked: whose faces are left, and the regions that were examined."""

    kind: str
    longer_side: int
    left: tuple[Shown, ...]
    regions: tuple[tuple[Detection, Scores], ...]


def judged(masker: PhotoMasker, scene: Scene) -> Judged | None:
    """The scene as the suspects beside its mask are judged; None where no mask can be proven, or where others are in it
    of whom so little can be seen that nothing is decided wrongly.
    """
    found, selection = masker.find(scene.picture)
    if isinstance(selection, ItemError):
        return None
    reconstruction = masker.reconstructor.reconstruct(scene.picture, selection.people)
    try:
        mask = masker.draw(scene.picture, found, selection, reconstruction)
    except ItemError:
        return None
    longer = max(scene.picture.shape[:2])
    left = tuple(
        person
        for person in scene.people
        if person.size >= SMALLEST * longer
        and not lies_under(mask.inside, person)
        and share_to_be_seen(scene, person, mask.overlay) > TO_BE_SEEN
    )
    if not left and len(scene.people) > 1:
        return None
    others = [Candidate(person.witness, short=person.witness.score) for person in found.people[1:]]
    suspects = masker.finder.suspects(mask.overlay, [mask.inside], [*found.unproven, *others])
    regions = tuple((suspect.candidate.detection, suspect.scores) for suspect in suspects)
    return Judged(scene.kind, longer, left, regions)


def lies_under(inside: npt.NDArray[np.bool_], person: Shown) -> bool:
    """Whether the middle of the person's face is masked: what else can be seen of it is no matter of the search."""
    height, width = inside.shape
    column, row = np.clip(person.box.reshape(2, 2).mean(axis=0), 0, [width - 1, height - 1]).astype(int)
    return bool(inside[row, column])


def lies_on(detection: Detection, person: Shown) -> bool:
    """Whether a region is that person's face."""
    low, high = person.box[:2] - 0.3 * person.size, person.box[2:] + 0.3 * person.size
    inside = bool(np.all(detection.center > low) and np.all(detection.center < high))
    return inside and 0.4 < detection.size / person.size < 2.5


def samples(pictures: Sequence[Judged]) -> Iterator[tuple[npt.NDArray[np.float64], bool]]:
    """The inputs (6,) of each region that certainly is a face, or certainly is none."""
    for picture in pictures:
        for detection, scores in picture.regions:
            is_face = any(lies_on(detection, person) for person in picture.left)
            if is_face or not picture.left:
                yield scores.inputs, is_face


def deciding_inputs(picture: Judged) -> list[npt.NDArray[np.float64]]:
    """The inputs (6,) of the regions that decide about the picture: of those on faces, or of all where none is left."""
    return [
        scores.inputs
        for detection, scores in picture.regions
        if not picture.left or any(lies_on(detection, person) for person in picture.left)
    ]


def fitted(pictures: Sequence[Judged]) -> npt.NDArray[np.float64]:
    """Weights (6,) of the inputs, and the intercept."""
    inputs, is_face = (np.array(part) for part in zip(*samples(pictures), strict=True))
    direction = _fewest_wrong(pictures, _regression(inputs, is_face))
    sums = inputs @ direction[:-1] + direction[-1]
    scale, shift = _regression(sums[:, None], is_face)
    return np.append(direction[:-1] * scale, direction[-1] * scale + shift)


def _regression(inputs: npt.NDArray[np.float64], is_face: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Weights of the inputs (N, K), and the intercept (K + 1,): logistic regression."""
    columns, sign = np.hstack([inputs, np.ones((len(inputs), 1))]), np.where(is_face, -1, 1)

    def loss(weights: npt.NDArray[np.float64]) -> float:
        return float(np.logaddexp(0, sign * (columns @ weights)).mean() + RIDGE * weights @ weights)

    return np.asarray(minimize(loss, np.zeros(columns.shape[1])).x)


def _fewest_wrong(pictures: Sequence[Judged], start: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Weights (6,) and intercept with which the fewest pictures are decided wrongly at zero."""
    cases = [(inputs, 1 if picture.left else -1) for picture in pictures if (inputs := deciding_inputs(picture))]
    all_inputs = np.array([each for inputs, _ in cases for each in inputs])
    starts = np.cumsum([0, *(len(inputs) for inputs, _ in cases[:-1])])
    signs = np.array([sign for _, sign in cases])

    def wrong(weights: npt.NDArray[np.float64]) -> float:
        worst = np.maximum.reduceat(all_inputs @ weights[:-1] + weights[-1], starts)
        return float(expit(-signs * worst / SMOOTHING).sum() + RIDGE * len(cases) * weights @ weights / 100)

    # There are many valleys; those that other starts lead to are shallower.
    found = [minimize(wrong, start * factor, method="Powell", options={"maxiter": 60}) for factor in (1.0, 0.6)]
    return np.asarray(min(found, key=lambda each: each.fun).x)


def report(pictures: Sequence[Judged], weights: npt.NDArray[np.float64]) -> None:
    """Print false refusals and found faces at each bound."""

    def worst(picture: Judged) -> float:
        sums = (float(inputs @ weights[:-1] + weights[-1]) for inputs in deciding_inputs(picture))
        return max(sums, default=-np.inf)

    clean = [worst(picture) for picture in pictures if not picture.left]
    for bound in BOUNDS:
        print(f"bound {bound:4.1f}: {np.mean(np.array(clean) > bound):.2%} of {len(clean)} clean pictures refused")
        for kind in WITH_OTHERS:
            for low, high in SIZES:
                found = [
                    worst(picture) > bound
                    for picture in pictures
                    if picture.kind == kind
                    and picture.left
                    and low <= picture.left[0].size / picture.longer_side < high
                ]
                if found:
                    print(
                        f"  {kind:<12} {low:.2f} to {high:.2f} of the side: {np.mean(found):7.2%} of {len(found)} found"
                    )


def pictures_of(half: str, options: argparse.Namespace) -> list[Judged]:
    """The made pictures of one half of the portraits, as the models judge them."""
    masker = PhotoMasker(config_of(["RECONSTRUCTION.SEVERAL_FACES=largest"]))
    cast = Cast(half_of(load_portraits(options.portraits), half))
    drawn = scenes(cast, KINDS, options.count, options.seed + 1000 * HALVES.index(half))
    sized = (enlarged(scene, FACTORS[number % len(FACTORS)]) for number, scene in enumerate(drawn))
    return [picture for scene in sized if (picture := judged(masker, scene)) is not None]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=400, help="made pictures of each kind (default: 400)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--portraits", type=Path, help="folder with portraits of your own, one person each")
    options = parser.parse_args()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        drawn = dict(zip(HALVES, pool.map(partial(pictures_of, options=options), HALVES), strict=True))
    is_face = [face for _, face in samples(drawn["choose"])]
    weights = fitted(drawn["choose"])
    names = ("short", "crowd", "close", "mtcnn", "mesh", "cut_off", "intercept")
    print(
        f"{len(is_face)} regions, {np.mean(is_face):.0%} faces;",
        dict(zip(names, weights.round(2).tolist(), strict=True)),
    )
    for half, pictures in drawn.items():
        print(f"half {half}")
        report(pictures, weights)
    return 0


if __name__ == "__main__":
    sys.exit(main())
