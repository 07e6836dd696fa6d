"""A video's contact sheet: the frames that were chosen, and one of each reason why others were not."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from masking.preparation.crop import crop_square, cut_square
from masking.preparation.frame_rows import FrameRow
from masking.preparation.judge import Sight
from masking.preparation.outputs import Thumbnail
from masking.preparation.status import Verdict

Picture = npt.NDArray[np.uint8]

SIDE = 96
MAX_CHOSEN = 8
JPEG_QUALITY = 80
REFUSED_MARGIN = 2.5
NOTED = {
    Verdict.LOW_CONFIDENCE: ("confidence", "{:.2f}"),
    Verdict.OTHER_FACE: ("other_confidence", "{:.2f}"),
    Verdict.MESH_UNPROVEN: ("mesh_score", "{:.2f}"),
    Verdict.YAW: ("yaw", "{:.0f}\u00b0"),
    Verdict.PITCH: ("pitch", "{:.0f}\u00b0"),
    Verdict.ROLL: ("roll", "{:.0f}\u00b0"),
    Verdict.SMALL: ("size", "{:.0f} px"),
    Verdict.BLURRED: ("sharpness", "{:.0f}"),
}
"""The number that a frame is refused by, and how it is written."""


class Sheet:
    """Collects squares while a video is read: of each reason the first frame."""

    def __init__(self) -> None:
        self._chosen: list[tuple[Thumbnail, Picture]] = []
        self._refused: dict[Verdict, tuple[Thumbnail, Picture]] = {}

    def refuse(self, row: FrameRow, picture: Picture | None, sight: Sight) -> None:
        """Show the frame `picture` (H, W, 3) uint8 BGR, unless one of its verdict is shown already."""
        if row.verdict in self._refused or picture is None:
            return
        column, form = NOTED.get(row.verdict, ("", ""))
        note = form.format(row.numbers[column]) if column in row.numbers else ""
        square = (
            _whole(picture)
            if sight.face is None or row.verdict is Verdict.NO_FACE
            else crop_square(picture, sight.face.box, REFUSED_MARGIN, SIDE)
        )
        self._refused[row.verdict] = (Thumbnail(row.name, str(row.verdict), note=note), square)

    def refuse_crop(self, name: str, verdict: Verdict, crop: Picture) -> None:
        """The same of a frame that was prepared already."""
        if verdict not in self._refused:
            self._refused[verdict] = (Thumbnail(name, str(verdict)), _small(crop))

    def choose(self, name: str, chosen_for: str, crop: Picture) -> None:
        """Show a chosen frame's prepared image, uint8 BGR. chosen_for: empty where the video had too few of them."""
        if len(self._chosen) < MAX_CHOSEN:
            self._chosen.append((Thumbnail(name, str(Verdict.KEPT), chosen_for), _small(crop)))

    @property
    def _shown(self) -> list[tuple[Thumbnail, Picture]]:
        return [*self._chosen, *(self._refused[verdict] for verdict in Verdict if verdict in self._refused)]

    @property
    def thumbnails(self) -> tuple[Thumbnail, ...]:
        """What the squares show, from left to right."""
        return tuple(thumbnail for thumbnail, _ in self._shown)

    @property
    def jpeg(self) -> bytes:
        """The squares in a row, as a JPEG file; one grey one where there is none."""
        squares = [square for _, square in self._shown] or [np.full((SIDE, SIDE, 3), 128, np.uint8)]
        _, content = cv2.imencode(".jpg", np.hstack(squares), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        return content.tobytes()


def _small(crop: Picture) -> Picture:
    return np.asarray(cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _whole(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    side = max(height, width)
    return cut_square(picture, (width - side) // 2, (height - side) // 2, side, SIDE)
