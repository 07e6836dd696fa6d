"""A made picture, everybody in it, and how much of them a mask leaves to be seen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.scenes.portraits import PARTS, Picture, Points, Portrait


@dataclass(frozen=True)
class Shown:
    """A person in a picture. points (468, 2), pixels from the picture's corner."""

    name: str
    points: Points

    @property
    def box(self) -> Points:
        """Left, top, right, bottom (4,) of the face, pixels."""
        return np.concatenate([self.points.min(axis=0), self.points.max(axis=0)])

    @property
    def size(self) -> float:
        """The longer side of the face's box, pixels."""
        return float((self.box[2:] - self.box[:2]).max())


@dataclass(frozen=True)
class Scene:
    """picture (H, W, 3) uint8 RGB. kind: what it tries. people: everybody in it, the one whom it is of first."""

    kind: str
    picture: Picture
    people: tuple[Shown, ...]


def framed(
    portrait: Portrait,
    angle: float,
    margin: float,
    size: tuple[int, int] | int = 224,
    offset: tuple[float, float] = (0, 0),
) -> tuple[Picture, Shown]:
    """A crop of `size` pixels, (width, height) or both, around the portrait's face, turned by `angle` degrees.

    margin: the crop's shorter side over the face's box. offset: how far its middle lies from the face's, as shares of
    that side. Where the crop leaves the portrait, the portrait's edge pixels go on.
    """
    width, height = (size, size) if isinstance(size, int) else size
    low, high = portrait.points[:, :2].min(axis=0), portrait.points[:, :2].max(axis=0)
    side = float((high - low).max()) * margin
    scale = min(width, height) / side
    center = (low + high) / 2 + np.array(offset) * side
    shrink = max(1, int(1 / (1.5 * scale)))
    source = portrait.picture
    if shrink > 1:
        source = np.asarray(
            cv2.resize(source, (source.shape[1] // shrink, source.shape[0] // shrink), interpolation=cv2.INTER_AREA),
            np.uint8,
        )
    factors = np.array([source.shape[1] / portrait.picture.shape[1], source.shape[0] / portrait.picture.shape[0]])
    turn = np.radians(angle)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shift = np.array([width / 2, height / 2]) - linear @ center
    on_source = linear / factors
    matrix = np.hstack([on_source, (shift + on_source @ [0.5, 0.5] - 0.5)[:, None]])
    picture = cv2.warpAffine(source, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(picture, np.uint8), Shown(portrait.name, portrait.points[:, :2] @ linear.T + shift)


def enlarged(scene: Scene, factor: float) -> Scene:
    """`scene` as a larger photo of it would have been, less what only a larger one shows."""
    if factor == 1:
        return scene
    picture = np.asarray(cv2.resize(scene.picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8)
    return Scene(scene.kind, picture, tuple(Shown(person.name, person.points * factor) for person in scene.people))


def pasted(scene: Scene, picture: Picture, person: Shown, left: int, top: int) -> Scene:
    """`scene` with `picture`, which shows `person`, laid over it with its corner at (left, top); it may leave it."""
    result = scene.picture.copy()
    height, width = result.shape[:2]
    rows = slice(max(0, top), min(height, top + picture.shape[0]))
    columns = slice(max(0, left), min(width, left + picture.shape[1]))
    result[rows, columns] = picture[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    shown = Shown(person.name, person.points + np.array([left, top]))
    return Scene(scene.kind, result, (*scene.people, shown))


def share_to_be_seen(scene: Scene, person: Shown, overlay: Picture) -> float:
    """Of the person's eyes, nose and mouth the one of which most can be seen: which share of its pixels in the picture
    are the photo's, 0..1. Parts of which less than half lies in the picture, or that others hide, don't count.
    """
    height, width = overlay.shape[:2]
    bare = (overlay == scene.picture).all(axis=2)
    worst = 0.0
    for vertices in PARTS.values():
        outline = person.points[list(vertices)]
        inside = ((outline >= 0) & (outline < [width, height])).all(axis=1).mean()
        drawn = np.zeros((height, width), np.uint8)
        cv2.fillPoly(drawn, [np.rint((outline - 0.5) * 16).astype(np.int32)], 1, shift=4)
        pixels: npt.NDArray[np.bool_] = drawn.astype(bool)
        if inside >= 0.5 and pixels.any():
            worst = max(worst, float(bare[pixels].mean()))
    return worst
