"""The kinds of made pictures, each drawn by chance from portraits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.scenes.portraits import VIEWS, Portrait, seen_from
from benchmarks.scenes.scene import Scene, Shown, framed, pasted

Draw = Callable[[np.random.Generator, "Cast"], Scene]
SIZES = (1 / 2, 1 / 2.5, 1 / 3, 1 / 4, 1 / 5, 1 / 6, 1 / 7, 1 / 8, 1 / 10, 1 / 12, 1 / 14)
"""Of faces, over the picture's longer side."""


class Cast:
    """People to be drawn from, each seen from several sides."""

    def __init__(self, portraits: Sequence[Portrait]) -> None:
        self._views = [[seen_from(portrait, yaw, pitch) for yaw, pitch in VIEWS] for portrait in portraits]

    def anyone(self, random: np.random.Generator) -> Portrait:
        """One of the people, mirrored or not, mostly as in the portrait, else from another side."""
        views = self._views[random.integers(len(self._views))]
        portrait = views[0] if random.random() < 0.5 else views[random.integers(len(views))]
        return _mirrored(portrait) if random.random() < 0.5 else portrait


def _mirrored(portrait: Portrait) -> Portrait:
    points = portrait.points * [-1, 1, 1] + np.array([portrait.picture.shape[1], 0, 0])
    return Portrait(portrait.name, np.ascontiguousarray(portrait.picture[:, ::-1]), points)


def plain(random: np.random.Generator, cast: Cast, kind: str = "plain", angle: float = 0.0) -> Scene:
    """A loose crop of one person, as preparation makes it."""
    tilt = random.uniform(-10, 10) if angle == 0 else angle
    offset = (random.uniform(-0.05, 0.05), random.uniform(-0.05, 0.05))
    picture, person = framed(cast.anyone(random), tilt, random.uniform(1.5, 2.6), offset=offset)
    return Scene(kind, picture, (person,))


def turned(random: np.random.Generator, cast: Cast) -> Scene:
    """Turned in the plane by a multiple of 15 degrees."""
    angle = 15 * int(random.integers(1, 24))
    return plain(random, cast, "turned", angle + 1e-9)


def blurred(random: np.random.Generator, cast: Cast) -> Scene:
    """Blurred by 1 to 10 pixels, and turned one time in three."""
    scene = turned(random, cast) if random.random() < 1 / 3 else plain(random, cast)
    return _changed(scene, "blurred", cv2.GaussianBlur(scene.picture, (0, 0), random.uniform(1, 10)))


def lit(random: np.random.Generator, cast: Cast) -> Scene:
    """Darker or brighter."""
    scene = plain(random, cast)
    return _changed(scene, "lit", scene.picture * float(np.exp(random.uniform(np.log(0.15), np.log(3)))))


def noisy(random: np.random.Generator, cast: Cast) -> Scene:
    """With a sensor's noise of 5 to 60 levels."""
    scene = turned(random, cast) if random.random() < 1 / 3 else plain(random, cast)
    noise = random.normal(0, random.uniform(5, 60), scene.picture.shape)
    return _changed(scene, "noisy", scene.picture + noise)


def small(random: np.random.Generator, cast: Cast) -> Scene:
    """A small face in a large picture, in its own surroundings or on an even wall."""
    side = int(random.choice([224, 448, 1024]))
    size = float(random.choice(SIZES))
    if random.random() < 0.5:
        picture, person = framed(cast.anyone(random), random.uniform(-10, 10), 1 / size, side)
        return Scene("small", picture, (person,))
    wall = Scene("small", np.full((side, side, 3), random.integers(0, 256, 3), np.uint8), ())
    return _with_another(random, cast, wall, size, cut=0.0)


def cut(random: np.random.Generator, cast: Cast) -> Scene:
    """One person whom the picture's border cuts."""
    offset = (random.uniform(-0.45, 0.45), random.uniform(-0.45, 0.45))
    portrait, margin = cast.anyone(random), random.uniform(1.0, 2.0)
    picture, person = framed(portrait, random.uniform(-10, 10), 3 * margin, 672)
    left, top = (224 + 224 * np.array(offset)).astype(int)
    inner = np.ascontiguousarray(picture[top : top + 224, left : left + 224])
    return Scene("cut", inner, (Shown(person.name, person.points - np.array([left, top])),))


def oblong(random: np.random.Generator, cast: Cast) -> Scene:
    """A tall or wide crop of the portrait itself, clothes and badges in it."""
    width, height = int(random.integers(180, 500)), int(random.integers(180, 500))
    offset = (random.uniform(-0.15, 0.15), random.uniform(-0.1, 0.35))
    picture, person = framed(cast.anyone(random), 0, random.uniform(1.4, 3.0), (width, height), offset)
    return Scene("oblong", picture, (person,))


def second_face(random: np.random.Generator, cast: Cast) -> Scene:
    """A crop of one person with another one, or the same, somewhere beside."""
    scene = plain(random, cast, "second face")
    return _with_another(random, cast, scene, float(random.choice(SIZES)), cut=0.0)


def neighbour(random: np.random.Generator, cast: Cast) -> Scene:
    """A crop of one person with another one whom its border cuts, up to half of the face."""
    scene = plain(random, cast, "neighbour")
    return _with_another(random, cast, scene, float(random.choice(SIZES[:6])), cut=random.uniform(0.1, 0.5))


def poster(random: np.random.Generator, cast: Cast) -> Scene:
    """A large photo of one person with a small picture of a face on the wall or on the clothes."""
    side = int(random.choice([448, 1024, 2048]))
    picture, person = framed(cast.anyone(random), random.uniform(-5, 5), random.uniform(1.8, 4), side)
    scene = Scene("poster", picture, (person,))
    return _with_another(random, cast, scene, float(random.choice(SIZES[4:])), cut=0.0)


def group(random: np.random.Generator, cast: Cast) -> Scene:
    """Two to seven people of about a size."""
    width, height = int(random.choice([448, 800, 1200])), int(random.choice([448, 800]))
    wall = np.full((height, width, 3), random.integers(0, 256, 3), np.uint8)
    noise = random.integers(0, 256, (8, 8, 3)).astype(np.uint8)
    wall = np.asarray(cv2.addWeighted(wall, 0.7, cv2.resize(noise, (width, height)), 0.3, 0), np.uint8)
    scene = Scene("group", wall, ())
    size = random.uniform(1 / 10, 1 / 5)
    for _ in range(random.integers(2, 8)):
        scene = _with_another(random, cast, scene, size * random.uniform(0.85, 1.15), cut=0.0)
    return scene


def empty(random: np.random.Generator, cast: Cast) -> Scene:
    """Nobody: noise, gradients, lines, circles."""
    picture = cv2.resize(
        random.integers(0, 256, (int(random.integers(2, 60)),) * 2 + (3,)).astype(np.uint8), (224, 224)
    )
    for _ in range(random.integers(0, 12)):
        position, color = tuple(map(int, random.integers(0, 224, 2))), tuple(map(int, random.integers(0, 256, 3)))
        if random.random() < 0.5:
            cv2.circle(picture, position, int(random.integers(3, 70)), color, int(random.choice([-1, 2])))
        else:
            cv2.line(picture, position, tuple(map(int, random.integers(0, 224, 2))), color, int(random.integers(1, 8)))
    return Scene("empty", np.asarray(picture, np.uint8), ())


def cartoon(random: np.random.Generator, cast: Cast) -> Scene:
    """A crop of one person with a drawn face beside, which is nobody's."""
    scene = plain(random, cast, "cartoon")
    picture, radius = scene.picture.copy(), int(random.integers(12, 30))
    u, v = (int(random.choice([radius, 223 - radius])) for _ in range(2))
    skin = tuple(map(int, random.integers(120, 256, 3)))
    cv2.circle(picture, (u, v), radius, skin, -1)
    for side in (-1, 1):
        cv2.circle(picture, (u + side * radius // 3, v - radius // 4), max(1, radius // 8), (0, 0, 0), -1)
    cv2.ellipse(
        picture, (u, v + radius // 5), (radius // 2, radius // 3), 0, 20, 160, (160, 0, 0), max(1, radius // 10)
    )
    return Scene("cartoon", picture, scene.people)


KINDS: dict[str, Draw] = {
    "plain": plain,
    "turned": turned,
    "blurred": blurred,
    "lit": lit,
    "noisy": noisy,
    "small": small,
    "cut": cut,
    "oblong": oblong,
    "second face": second_face,
    "neighbour": neighbour,
    "poster": poster,
    "group": group,
    "empty": empty,
    "cartoon": cartoon,
}


def _changed(scene: Scene, kind: str, picture: npt.NDArray[Any]) -> Scene:
    return Scene(kind, np.clip(np.rint(picture), 0, 255).astype(np.uint8), scene.people)


def _with_another(random: np.random.Generator, cast: Cast, scene: Scene, size: float, cut: float) -> Scene:
    """`scene` with one more face, `size` of the longer side, that hides nobody's; a border cuts `cut` of it off."""
    height, width = scene.picture.shape[:2]
    margin = random.uniform(1.2, 1.6)
    side = max(8, round(max(height, width) * size * margin))
    angle = random.uniform(0, 360) if random.random() < 0.15 else random.uniform(-10, 10)
    picture, person = framed(cast.anyone(random), angle, margin, side)
    if random.random() < 0.3:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), random.uniform(0.01, 0.03) * side / margin), np.uint8)
    for _ in range(60):
        left, top = (int(random.integers(0, max(1, length - side + 1))) for length in (width, height))
        if cut:
            beyond = round(side * (cut / margin + (1 - 1 / margin) / 2))
            left, top = [(-beyond, top), (width - side + beyond, top), (left, -beyond), (left, height - side + beyond)][
                random.integers(4)
            ]
        low, high = person.box[:2] + np.array([left, top]), person.box[2:] + np.array([left, top])
        free = all((np.minimum(high, o.box[2:]) <= np.maximum(low, o.box[:2])).any() for o in scene.people)
        patch_low, patch_high = np.array([left, top]), np.array([left + side, top + side])
        hides = any((np.minimum(patch_high, o.box[2:]) > np.maximum(patch_low, o.box[:2])).all() for o in scene.people)
        if free and not hides:
            return pasted(scene, picture, person, left, top)
    return scene
