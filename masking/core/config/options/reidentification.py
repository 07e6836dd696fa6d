"""Options of the stage that asks whether people are recognised."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from masking.core.config.options.section import NO_EFFECT_ON_OUTPUTS, PROJECT_FOLDER, Section


class ReidentificationOptions(Section):
    """[REIDENTIFICATION]: are the people recognised behind their masks? For `python -m masking reidentify`."""

    recognisers: Annotated[
        str,
        Field(
            description="auto, or any of dlib, sface, arcface, separated by commas. auto takes all whose "
            "files are there.",
        ),
    ] = "auto"
    alignment: Annotated[
        Literal["photo", "image"],
        Field(
            description="photo | image. photo: each mask is aligned by its photo's landmarks, so that none is lost. "
            "image: by a face found in the image itself; where none is found, that is a failure to enrol.",
        ),
    ] = "photo"
    face_recognition_folder: Annotated[
        Path,
        Field(
            description="SFace's and ArcFace's ONNX files, which you download yourself.",
        ),
    ] = PROJECT_FOLDER / "face_recognition"
    onnx_runtime: Annotated[
        Literal["auto", "onnxruntime", "opencv"],
        Field(
            description="auto | onnxruntime | opencv: what runs them. auto takes onnxruntime where it is installed.",
        ),
    ] = "auto"
    parrot: Annotated[
        bool,
        Field(
            description="Also adapt the embeddings to masks of other people, as an attacker does who knows the method.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = True
    geometry: Annotated[
        bool,
        Field(
            description="Also compare the published meshes, and FLAME's shape numbers where they were saved.",
        ),
    ] = True
    controls: Annotated[
        bool,
        Field(
            description="Also measure what the surroundings alone, and the face alone, give away.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = True
    draws: Annotated[
        int,
        Field(
            ge=1,
            le=1000,
            description="How many times one image a person is drawn, within a video and across videos.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = 20
    resamples: Annotated[
        int,
        Field(
            ge=100,
            le=100000,
            description="Resamples of people for 95% intervals, and exchanges of names for the test against chance.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = 1000
    study_seed: Annotated[
        int,
        Field(
            ge=0,
            description="Another number draws other images, halves and resamples.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = 42
    save_scores: Annotated[
        bool,
        Field(
            description="Write every comparison's score matrix (.npz), for your eyes only: biometric data.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = False
    embeddings_folder: Annotated[
        str,
        Field(
            description="Keep the embeddings here, for your eyes only, so that an interrupted run goes on: biometric "
            "data. Empty: they are kept in memory alone.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = ""
