"""Options of what makes a 3D face of a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from masking.core.config.options.section import PROJECT_FOLDER, Choice, Section


class ReconstructionOptions(Section):
    """[RECONSTRUCTION]: photo -> 3D face."""

    reconstructor: Annotated[
        str,
        AfterValidator(Choice("masking.reconstruction.registry:RECONSTRUCTORS", auto=True)),
        Field(description="auto takes the best one whose files are there."),
    ] = "auto"
    min_score: Annotated[
        float, Field(ge=0, le=1, description="The face mesh network's score below which an image gets no mask.")
    ] = 0.9
    min_detector_score: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="The detector's score below which it doesn't confirm the face; then an image gets no mask.",
        ),
    ] = 0.75
    max_survivor_evidence: Annotated[
        float,
        Field(
            ge=-20,
            le=20,
            description="Log-odds above which a region outside the mask counts as a face that can still be seen.",
        ),
    ] = 0.0
    survivor_search: Annotated[
        Literal["quick", "thorough"],
        Field(
            description="quick | thorough: how a masked image is searched for other faces. thorough does so in all "
            "four quarter turns, which takes three times as long."
        ),
    ] = "quick"
    several_faces: Annotated[
        Literal["refuse", "largest", "all"],
        Field(
            description="refuse | largest | all: what becomes of an image of several faces. largest masks one and "
            "leaves the others visible; all masks each. Both need the face mesh."
        ),
    ] = "refuse"
    model_folder: Annotated[
        Path, Field(description="RingNet's checkpoint ring_6_68641.*, which you download yourself.")
    ] = PROJECT_FOLDER / "model"
    flame_folder: Annotated[
        Path,
        Field(description="FLAME_sample.ply, generic_model.pkl, texture_data_512.npy, which you download yourself."),
    ] = PROJECT_FOLDER / "flame_model"
    device: Annotated[
        Literal["auto", "cpu", "gpu"],
        Field(description="auto | cpu | gpu: where RingNet's network runs. auto takes a GPU that TensorFlow sees."),
    ] = "auto"
    runtime: Annotated[
        Literal["auto", "litert", "tensorflow"],
        Field(
            description="auto | litert | tensorflow: what runs RingNet's network. auto takes LiteRT on a CPU, and "
            "TensorFlow on a GPU or where LiteRT can't."
        ),
    ] = "auto"
    batch_size: Annotated[
        int, Field(ge=1, le=1024, description="Images that go through RingNet's network at once on a GPU; 1 on a CPU.")
    ] = 16
    threads: Annotated[
        int,
        Field(
            ge=0,
            le=1024,
            description="CPU threads of RingNet's network; 0 is one. WORKERS uses more cores.",
        ),
    ] = 0
