"""Options of the stage that makes prepared images."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from masking.core.config.options.section import Section


class PreparationOptions(Section):
    """[PREPARATION]: frames, videos and photos -> prepared images in a query and a database tree."""

    min_confidence_face_detector: Annotated[
        float, Field(ge=0, le=1, description="The detector's score for the face below which a frame isn't kept.")
    ] = 0.75
    max_confidence_other_face: Annotated[
        float,
        Field(ge=0, le=1, description="The detector's score for anything else at or above which a frame isn't kept."),
    ] = 0.5
    min_confidence_face_mesh: Annotated[
        float, Field(ge=0, le=1, description="The face mesh network's score below which a frame isn't kept.")
    ] = 0.9
    max_yaw: Annotated[float, Field(ge=0, le=180, description="Degrees by which the head may be turned to a side.")] = (
        20.0
    )
    max_pitch: Annotated[float, Field(ge=0, le=180, description="Degrees by which it may look up or down.")] = 20.0
    max_roll: Annotated[
        float, Field(ge=0, le=180, description="Degrees by which it may be rotated in the picture; 180: any.")
    ] = 180.0
    min_face_size: Annotated[
        int, Field(ge=0, le=100_000, description="Pixels that the longer side of the face must have; 0: any.")
    ] = 0
    min_sharpness: Annotated[
        float,
        Field(ge=0, description="Variance of the Laplacian that the face, 112 pixels wide, must have; 0: any."),
    ] = 0.0
    crop: Annotated[
        Literal["square", "original"],
        Field(
            description="square | original. square: beyond the frame's border its edge pixels are repeated. "
            "original: what leaves the frame is cut off, and the rest squeezed into the square."
        ),
    ] = "square"
    margin: Annotated[float, Field(ge=1, le=10, description="Side of the crop over the longer side of the face.")] = 2.5
    size: Annotated[int, Field(ge=32, le=2048, description="Width and height of a prepared image, in pixels.")] = 224
    query_frames: Annotated[
        int, Field(ge=0, le=1000, description="Frames of each video that go into the query tree.")
    ] = 1
    database_frames: Annotated[
        int, Field(ge=0, le=1000, description="Frames of each video that go into the database tree.")
    ] = 1
    gap: Annotated[
        float,
        Field(ge=0, description="Minimum time between the frames that are chosen from a video, in seconds."),
    ] = 0.0
    seed: Annotated[int, Field(ge=0, description="Another number chooses other frames.")] = 42
    every: Annotated[int, Field(ge=1, description="5 looks at every fifth frame; 1 at all of them.")] = 1
    fps: Annotated[
        float,
        Field(
            ge=0, le=1000, description="2 looks at no more than two frames a second; 0 at all of them. Not with EVERY."
        ),
    ] = 0.0
    frame_rate: Annotated[
        float, Field(gt=0, le=1000, description="Frames a second in folders of frames, whose names number them.")
    ] = 25.0
    numbered_photos: Annotated[
        bool,
        Field(
            description="Photos directly in SOURCE whose names differ only in a number at the end, such as "
            "Ada_0001.jpg, are one identity's. no: each is an identity of its own."
        ),
    ] = False
    keep_frames: Annotated[
        bool, Field(description="Write the whole frame beside each prepared image, as the original did.")
    ] = False
    max_frames: Annotated[
        int, Field(ge=1, description="Videos of more frames are refused, so that an endless one isn't read forever.")
    ] = 250_000
    max_decoding_seconds: Annotated[
        float,
        Field(gt=0, description="A video is given up once its decoder has given no frame for this long."),
    ] = 120.0
