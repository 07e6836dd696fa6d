"""The trees of a run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from masking.core.config.options.section import FREE_TEXT, Section


def _checked_pattern(pattern: str) -> str:
    expected = "a regular expression with one group, which finds the identity, such as ^(.+)_[0-9]+$"
    try:
        if not pattern or re.compile(pattern).groups:
            return pattern
    except re.error as error:
        expected += f"; this is not one: {error}"
    raise PydanticCustomError("pattern", "{expected}", {"expected": expected})


class Folders(Section):
    """[DEFAULT]: where the photos are, and where the backup and the run's records go."""

    input_folder: Annotated[Path, Field(description="The query or the database folder: <identity>/<video>/*_prep.png.")]
    output_folder: Annotated[
        Path,
        Field(
            description="Backup of every output, run.log and outcomes.csv; made if missing. {INPUT_NAME} stands for "
            "the input folder's name."
        ),
    ]
    input_layout: Annotated[
        Literal["auto", "identity/video", "identity", "flat"],
        Field(
            description="auto | identity/video | identity | flat: the folders between INPUT_FOLDER and its photos. "
            "auto detects it, and says what it found."
        ),
    ] = "auto"
    photo_names: Annotated[
        Literal["auto", "prep", "all"],
        Field(
            description="auto | prep | all. prep: photos are the files named *_prep.png (or .jpg ...). all: every "
            "picture is a photo, except those named like a run's outputs. auto: prep where there is one."
        ),
    ] = "auto"
    identity_pattern: Annotated[
        str,
        AfterValidator(_checked_pattern),
        Field(
            description="With INPUT_LAYOUT = flat: a regular expression whose first group, or the group called "
            "identity, is the identity in a photo's name, such as ^(.+)_[0-9]+$. Empty: each photo is its "
            "own identity.",
            json_schema_extra=FREE_TEXT,
        ),
    ] = ""
