"""Options of the landmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from masking.core.config.options.section import PROJECT_FOLDER, Choice, Section


class LandmarkOptions(Section):
    """[LANDMARKS]: the 81 points whose convex hull is cut out."""

    landmark_detector: Annotated[
        str,
        AfterValidator(Choice("masking.faces.landmarks:LANDMARK_DETECTORS", auto=True)),
        Field(description="auto takes dlib where PREDICTOR_FILE exists."),
    ] = "auto"
    cross_check: Annotated[
        bool,
        Field(
            description="Give no mask where mesh and landmarks don't lie in the same position; see docs/promises.md."
        ),
    ] = False
    predictor_file: Annotated[Path, Field(description="dlib's 81-point predictor, which you download yourself.")] = (
        PROJECT_FOLDER / "shape_predictor_81_face_landmarks" / "shape_predictor_81_face_landmarks.dat"
    )
