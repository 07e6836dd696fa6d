"""How true yaw and pitch are, on views of portraits of which the turn is known, and the weights that fit them best.

`python -m benchmarks.head_pose [FOLDER]`: the example portraits, or those in FOLDER, of one person each. What is said
of a person comes from weights that were fitted without that person.

A portrait's own pose isn't known. It is taken to be the one from which the method errs by nothing on average over all
of the person's views: so what is measured is how much its errors differ from view to view, and not what they share.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.scenes.portraits import Portrait, load_portraits, seen_from
from benchmarks.scenes.scene import framed
from masking.core.process import set_up_process
from masking.faces.detector import SHORT_RANGE, FaceDetector
from masking.faces.head_pose import (
    PITCH_WEIGHTS,
    YAW_WEIGHTS,
    angles_of,
    pitch_terms,
    rotation_of,
    shown_angles,
    yaw_terms,
)
from masking.faces.mesh_network import MeshNetwork
from masking.faces.pyramid import Pyramid

Array = npt.NDArray[np.float64]
VIEWS_A_PERSON = 30
MAX_TURN = (30.0, 20.0)
"""Yaw and pitch, degrees, up to which the made views are convincing."""
RIDGE = 1e-3
OWN_POSE_ROUNDS = 5


@dataclass(frozen=True)
class View:
    """A portrait turned by a known yaw and pitch. shown: what the mesh shows, averaged over its passes, (3,)."""

    person: str
    turn: tuple[float, float]
    shown: Array


def views_of(portraits: Sequence[Portrait], seed: int = 0) -> Iterator[View]:
    """Views at turns drawn by chance, each person's own pose first."""
    random, detector, network = np.random.default_rng(seed), FaceDetector(SHORT_RANGE), MeshNetwork()
    for portrait in portraits:
        turns = [(0.0, 0.0), *(tuple(random.uniform(-1, 1, 2) * MAX_TURN) for _ in range(VIEWS_A_PERSON))]
        for yaw, pitch in turns:
            picture, _ = framed(seen_from(portrait, yaw, pitch), 0, 3.0, (640, 480))
            found = detector.detect(picture, 0.3)
            if found:
                meshes = [face.points for face in network.passes(Pyramid(picture), found[0])]
                shown = np.mean([shown_angles(points) for points in meshes], axis=0)
                yield View(portrait.name, (yaw, pitch), shown)


def true_angles(views: Sequence[View], yaw_weights: Array, pitch_weights: Array) -> Array:
    """Yaw, pitch and roll (N, 3) that each view has if the weights are right about its portrait's own, on average."""
    said = said_angles(views, yaw_weights, pitch_weights)
    result = np.empty_like(said)
    for person in {view.person for view in views}:
        rows = [row for row, view in enumerate(views) if view.person == person]
        result[rows] = _turned_from(_own_angles(views, said, rows), [views[row].turn for row in rows])
    return result


def said_angles(views: Sequence[View], yaw_weights: Array, pitch_weights: Array) -> Array:
    """Yaw, pitch and roll (N, 3) that the weights make of what the mesh shows."""
    shown = np.array([view.shown for view in views])
    return np.stack([yaw_terms(shown) @ yaw_weights, pitch_terms(shown) @ pitch_weights, shown[:, 2]], axis=1)


def _own_angles(views: Sequence[View], said: Array, rows: Sequence[int]) -> Array:
    """The pose (3,) of a portrait from which the errors of its views, those in `rows`, are zero on average."""
    turns = [views[row].turn for row in rows]
    own = said[rows[turns.index((0.0, 0.0))]]
    for _ in range(OWN_POSE_ROUNDS):
        own = own + (said[rows] - _turned_from(own, turns)).mean(axis=0)
    return np.asarray(own)


def _turned_from(own: Array, turns: Sequence[tuple[float, float]]) -> Array:
    """The pose (N, 3) of somebody whose `own` is (3,), turned by each yaw and pitch."""
    base = rotation_of(*own)
    return np.array([angles_of(rotation_of(*turn) @ base) for turn in turns])


def fitted(views: Sequence[View], rounds: int = 5) -> tuple[Array, Array]:
    """Weights of yaw and pitch that fit the views best; the portraits' own poses follow them."""
    shown = np.array([view.shown for view in views])
    yaw_weights, pitch_weights = np.array([1.4, 0, 0]), np.array([0, 1.3, 0])
    for _ in range(rounds):
        truth = true_angles(views, yaw_weights, pitch_weights)
        yaw_weights = _solved(yaw_terms(shown), truth[:, 0])
        pitch_weights = _solved(pitch_terms(shown), truth[:, 1])
    return yaw_weights, pitch_weights


def _solved(terms: Array, truth: Array) -> Array:
    scale = terms.std(axis=0) + 1e-9 + (terms.std(axis=0) == 0)
    scaled = terms / scale
    penalty = RIDGE * len(terms) * np.eye(terms.shape[1])
    return np.asarray(np.linalg.solve(scaled.T @ scaled + penalty, scaled.T @ truth) / scale)


def errors(views: Sequence[View], yaw_weights: Array, pitch_weights: Array) -> Array:
    """Of each view how far yaw, pitch and roll are off (N, 3), degrees."""
    said = said_angles(views, yaw_weights, pitch_weights)
    return np.asarray(said - true_angles(views, yaw_weights, pitch_weights))


def describe(name: str, found: Array) -> str:
    off = np.abs(found)
    cells = [
        f"{np.median(off[:, k]):5.1f} {np.percentile(off[:, k], 95):5.1f} {off[:, k].max():5.1f}" for k in range(3)
    ]
    return f"{name:<32}{len(found):>5}   " + "   ".join(cells)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="portraits of one person each (default: the examples)")
    options = parser.parse_args(arguments)
    set_up_process()
    views = list(views_of(load_portraits(options.folder)))
    people = sorted({view.person for view in views})
    print(f"{'degrees off':<32}{'views':>5}   {'yaw: median, 95%, max':<20}   pitch               roll")
    print(describe("as it stands in the code", errors(views, YAW_WEIGHTS, PITCH_WEIGHTS)))
    small = [view for view in views if max(np.abs(view.turn)) <= 20]
    print(describe("the same, turned up to 20", errors(small, YAW_WEIGHTS, PITCH_WEIGHTS)))
    if len(people) > 2:
        held_out = [
            errors([view for view in views if view.person == person], *fitted([v for v in views if v.person != person]))
            for person in people
        ]
        print(describe("fitted without the person", np.concatenate(held_out)))
        for person, found in zip(people, held_out, strict=True):
            print(describe(f"  {person}"[:31], found))
    shown = np.array([view.shown for view in views])
    own = shown[[view.turn == (0.0, 0.0) for view in views]]
    print(f"pitch that the network shows at rest: mean {own[:, 1].mean():+.2f} beyond PITCH_AT_REST")
    yaw_weights, pitch_weights = fitted(views)
    print(f"YAW_WEIGHTS = {np.round(yaw_weights, 3)}, PITCH_WEIGHTS = {np.round(pitch_weights, 3)}")


if __name__ == "__main__":
    main()
