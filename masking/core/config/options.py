"""Every option with its type, default and meaning. The INI, the docs and `--set` all follow from these classes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, SerializeAsAny
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from masking.core.errors import ConfigError
from masking.core.registry import AUTO, registry_at

CONFIG_NAME = "batch_process_config.ini"
_ABOVE_THE_PACKAGE = Path(__file__).resolve().parents[3]
IN_CHECKOUT = (_ABOVE_THE_PACKAGE / CONFIG_NAME).is_file()
"""Whether this is a checkout, with examples and folders for models, and not an installed package."""
PROJECT_FOLDER = _ABOVE_THE_PACKAGE if IN_CHECKOUT else Path.cwd()
"""Folder that holds `model/` and its neighbours, a checkout or else the current folder; defaults that are paths start
here.
"""

NO_EFFECT_ON_OUTPUTS: dict[str, JsonValue] = {"affects_outputs": False}
"""Marks an option that may change between runs without any image having to be done again. Options that are paths need
no mark: what counts is what the files hold, and the models' fingerprints tell that.
"""


FREE_TEXT: dict[str, JsonValue] = {"free_text": True}
"""Marks an option that is no path and may hold any characters, `;` and `#` too."""


class Choice:
    """Validates the name of something in the registry at `module:name`, which is looked up only then; `auto` may be
    one too.
    """

    def __init__(self, registry: str, *, auto: bool) -> None:
        self._registry = registry
        self._auto = auto

    @property
    def names(self) -> list[str]:
        """What may be chosen."""
        return [*([AUTO] if self._auto else []), *registry_at(self._registry).names]

    def __call__(self, value: str) -> str:
        """`value` itself, where it may be chosen."""
        if value in self.names:
            return value
        *others, last = map(repr, self.names)
        raise PydanticCustomError("choice", "{expected}", {"expected": f"{', '.join(others)} or {last}"})


class Section(BaseModel):
    """One section of the INI. Keys are upper case there and lower case here."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=str.upper, populate_by_name=True)

    def was_given(self, option: str) -> bool:
        """Whether the user gave `option`, a field's name, another value than its default."""
        return option in self.model_fields_set and getattr(self, option) != type(self).model_fields[option].default


def _checked_pattern(pattern: str) -> str:
    expected = "a regular expression with one group, which finds the identity, as ^(.+)_[0-9]+$"
    try:
        if not pattern or re.compile(pattern).groups:
            return pattern
    except re.error as error:
        expected += f"; this one is none: {error}"
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
            "auto finds it out, and says what it found."
        ),
    ] = "auto"
    photo_names: Annotated[
        Literal["auto", "prep", "all"],
        Field(
            description="auto | prep | all. prep: photos are the files named *_prep.png (or .jpg ...). all: every "
            "picture is a photo, but those named like a run's outputs. auto: prep where there is one."
        ),
    ] = "auto"
    identity_pattern: Annotated[
        str,
        AfterValidator(_checked_pattern),
        Field(
            description="With INPUT_LAYOUT = flat: a regular expression whose first group, or the group called "
            "identity, is the identity in a photo's name, as ^(.+)_[0-9]+$. Empty: each photo is its own identity.",
            json_schema_extra=FREE_TEXT,
        ),
    ] = ""


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
            description="The score below which the detector doesn't bear out the face; then an image gets no mask.",
        ),
    ] = 0.75
    max_survivor_evidence: Annotated[
        float,
        Field(
            ge=-20,
            le=20,
            description="Log-odds above which a place outside the mask counts as a face that is still to be seen.",
        ),
    ] = 1.0
    several_faces: Annotated[
        Literal["refuse", "largest", "all"],
        Field(
            description="refuse | largest | all: what becomes of an image of several faces. largest masks one, leaves "
            "the others to be seen; all masks each. Both need the face mesh."
        ),
    ] = "refuse"
    model_folder: Annotated[Path, Field(description="RingNet's checkpoint ring_6_68641.*, a download of your own.")] = (
        PROJECT_FOLDER / "model"
    )
    flame_folder: Annotated[
        Path, Field(description="FLAME_sample.ply, generic_model.pkl, texture_data_512.npy: downloads of your own.")
    ] = PROJECT_FOLDER / "flame_model"
    device: Annotated[
        Literal["auto", "cpu", "gpu"],
        Field(description="auto | cpu | gpu: where RingNet's network runs. auto takes a GPU that TensorFlow sees."),
    ] = "auto"
    runtime: Annotated[
        Literal["auto", "litert", "tensorflow"],
        Field(
            description="auto | litert | tensorflow: what computes RingNet's network. auto takes LiteRT on a CPU, and "
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


class LandmarkOptions(Section):
    """[LANDMARKS]: the 81 points whose convex hull is cut out."""

    landmark_detector: Annotated[
        str,
        AfterValidator(Choice("masking.faces.landmarks:LANDMARK_DETECTORS", auto=True)),
        Field(description="auto takes dlib where PREDICTOR_FILE exists."),
    ] = "auto"
    cross_check: Annotated[
        bool, Field(description="Give no mask where mesh and landmarks lie on different places; see docs/promises.md.")
    ] = False
    predictor_file: Annotated[Path, Field(description="dlib's 81-point predictor, a download of your own.")] = (
        PROJECT_FOLDER / "shape_predictor_81_face_landmarks" / "shape_predictor_81_face_landmarks.dat"
    )


COLORS = {
    "grey": (0.65, 0.65, 0.65),
    "ringnet": (0.65098039, 0.74117647, 0.85882353),
}
"""Albedo (red, green, blue in 0..1) by name: the masking pipeline's grey, and RingNet's own light blue."""


def _checked_color(color: str) -> str:
    color = "grey" if color.lower() == "gray" else color.lower()
    if color in COLORS or _three_numbers(color):
        return color
    expected = f"{', '.join(COLORS)}, or red, green and blue from 0 to 1, as 0.9, 0.7, 0.6"
    raise PydanticCustomError("color", "{expected}", {"expected": expected})


def _three_numbers(color: str) -> tuple[float, float, float] | None:
    try:
        red, green, blue = (float(part) for part in color.split(","))
    except ValueError:
        return None
    return (red, green, blue) if all(0.0 <= part <= 1.0 for part in (red, green, blue)) else None


class RenderingOptions(Section):
    """[RENDERING]: 3D face -> grey picture."""

    renderer: Annotated[
        str,
        AfterValidator(Choice("masking.rendering.registry:RENDERERS", auto=False)),
        Field(description="opendr is the original's; scripts/install_opendr.sh installs it."),
    ] = "builtin"
    color: Annotated[
        str,
        AfterValidator(_checked_color),
        Field(description="grey | ringnet (its light blue) | red, green, blue from 0 to 1, as 0.9, 0.7, 0.6."),
    ] = "grey"
    overdraw: Annotated[
        bool, Field(description="Draw the silhouette once more, one pixel wide, as OpenDR does by default.")
    ] = True
    background: Annotated[
        Literal["white", "black"], Field(description="white | black: mask_only outside the hull.")
    ] = "white"
    min_coverage: Annotated[
        float,
        Field(ge=0, le=1, description="Share of the hull that the mesh must reach; below it an image gets no mask."),
    ] = 0.9

    @property
    def albedo(self) -> tuple[float, float, float]:
        """`color` as red, green, blue in 0..1: the share of light that the surface throws back."""
        return COLORS.get(self.color) or _three_numbers(self.color) or COLORS["grey"]


class OutputOptions(Section):
    """[OUTPUT]: what is written for each image."""

    preset: Annotated[
        Literal["none", "original"],
        Field(
            description="none | original. original: files, names, folders, axes and colours are the original "
            "pipeline's, so that an old analysis runs on. It sets the keys that docs/ini.md lists, where they are left "
            "at their defaults."
        ),
    ] = "none"
    output_layout: Annotated[
        Literal["tree", "original"],
        Field(
            description="tree | original. tree: the backup has INPUT_FOLDER's folders. original: one folder a kind for "
            "all images, the original's names, and beside an image its overlay and mask alone."
        ),
    ] = "tree"
    outputs: Annotated[
        Literal["both", "backup"],
        Field(
            description="both | backup. both: beside each image, and in OUTPUT_FOLDER. backup: in OUTPUT_FOLDER alone, "
            "for photos that may only be read.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = "both"
    save_mesh: Annotated[bool, Field(description="Write X_prep_mesh.obj.")] = True
    mesh_axes: Annotated[
        Literal["viewer", "camera"],
        Field(description="viewer: the .obj opens upright (y up). camera: RingNet's own axes (y down, z away)."),
    ] = "viewer"
    save_parameters: Annotated[
        bool,
        Field(description="Write the reconstruction's numbers: cam, pose, shape, expression; see docs/outputs.md."),
    ] = False
    parameters_format: Annotated[
        Literal["npz", "npy", "both"],
        Field(
            description="npz | npy | both. npz: plain arrays. npy: the original's pickled dict, for tools like VOCA."
        ),
    ] = "npz"
    neutralize_expression: Annotated[
        bool, Field(description="Write X_prep_neutral.obj: RingNet's head with pose and expression 0, a VOCA template.")
    ] = False
    save_landmarks: Annotated[
        bool,
        Field(description="Write the 81 landmarks; with RingNet and FLAME's two embedding files, its 68 in 3D too."),
    ] = False
    landmarks_format: Annotated[
        Literal["npz", "csv", "pts", "all"],
        Field(description="npz | csv | pts | all. pts, iBUG's form, holds the 81 alone; see docs/outputs.md."),
    ] = "npz"
    save_now: Annotated[
        bool,
        Field(
            description="Write mesh and seven landmarks into OUTPUT_FOLDER/now as the NoW benchmark's evaluation loads "
            "them. Needs RingNet and FLAME's two embedding files."
        ),
    ] = False
    save_texture: Annotated[
        bool, Field(description="Write the mesh with the photo as its texture (.obj, .mtl, .png). It shows the face.")
    ] = False
    save_visualization: Annotated[
        bool, Field(description="Write photo, overlay of the whole mesh, mesh and mesh turned. It shows the face.")
    ] = False
    save_arrays: Annotated[
        bool, Field(description="Also write overlay and mask as .npy arrays into the backup, as the original did.")
    ] = False
    report: Annotated[
        bool,
        Field(
            description="Write report.html into OUTPUT_FOLDER: every image's photo, overlay and mask, to look "
            "through in a browser.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = True
    photos_in_report: Annotated[
        bool,
        Field(
            description="no leaves photos and overlays out of report.html, so that no pixel of a photo is in it.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = True

    @property
    def has_flat_backup(self) -> bool:
        """Whether all images' outputs lie in one folder a kind."""
        return self.output_layout == "original"


class PreparationOptions(Section):
    """[PREPARATION]: frames, videos and photos -> prepared images in a query and a database tree."""

    min_confidence_face_detector: Annotated[
        float, Field(ge=0, le=1, description="The detector's score of the face below which a frame isn't kept.")
    ] = 0.75
    max_confidence_other_face: Annotated[
        float, Field(ge=0, le=1, description="The detector's score of anything else from which a frame isn't kept.")
    ] = 0.5
    min_confidence_face_mesh: Annotated[
        float, Field(ge=0, le=1, description="The face mesh network's score below which a frame isn't kept.")
    ] = 0.9
    max_yaw: Annotated[float, Field(ge=0, le=180, description="Degrees by which the head may be turned to a side.")] = (
        20.0
    )
    max_pitch: Annotated[float, Field(ge=0, le=180, description="Degrees by which it may look up or down.")] = 20.0
    max_roll: Annotated[
        float, Field(ge=0, le=180, description="Degrees by which it may be turned in the picture; 180: any.")
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
            description="square | original. square: beyond the frame's border its edge pixels go on. original: what "
            "leaves the frame is cut off, and the rest squeezed into the square."
        ),
    ] = "square"
    margin: Annotated[float, Field(ge=1, le=10, description="Side of the crop over the longer side of the face.")] = 2.5
    size: Annotated[int, Field(ge=32, le=2048, description="Pixels a side that a prepared image has.")] = 224
    query_frames: Annotated[
        int, Field(ge=0, le=1000, description="Frames of each video that go into the query tree.")
    ] = 1
    database_frames: Annotated[
        int, Field(ge=0, le=1000, description="Frames of each video that go into the database tree.")
    ] = 1
    gap: Annotated[
        float,
        Field(ge=0, description="Seconds by which the frames that are chosen from a video lie apart at least."),
    ] = 0.0
    seed: Annotated[int, Field(ge=0, description="Another number chooses other frames.")] = 42
    every: Annotated[int, Field(ge=1, description="5 looks at every fifth frame; 1 at all.")] = 1
    fps: Annotated[
        float, Field(ge=0, le=1000, description="2 looks at two frames a second at most; 0 at all. Not with EVERY.")
    ] = 0.0
    frame_rate: Annotated[
        float, Field(gt=0, le=1000, description="Frames a second in folders of frames, whose names number them.")
    ] = 25.0
    numbered_photos: Annotated[
        bool,
        Field(
            description="Take photos beside one another in SOURCE for one identity's where their names differ in a "
            "number at their end only, as Ada_0001.jpg. no: each is an identity of its own."
        ),
    ] = False
    keep_frames: Annotated[
        bool, Field(description="Write the whole frame beside each prepared image, as the original did.")
    ] = False
    max_frames: Annotated[
        int, Field(ge=1, description="Videos of more frames are refused, so that no endless one is read for ever.")
    ] = 250_000
    max_decoding_seconds: Annotated[
        float,
        Field(gt=0, description="A video is given up where its decoder gives no frame for so long."),
    ] = 120.0


class RunOptions(Section):
    """[RUN]: how the work is done."""

    workers: Annotated[
        int,
        Field(
            ge=1,
            le=1024,
            description="Processes that mask images side by side, one thread each. 1 is the command's own process.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = 1
    scheduler: Annotated[
        str,
        Field(
            pattern=r"^$|^[a-z]+://\S+$",
            description="Address of a running Dask cluster whose nodes see the same folders, as tcp://node1:8786; its "
            "workers are used then, whatever WORKERS says. Empty: none.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = ""
    unencrypted_scheduler: Annotated[
        bool,
        Field(
            description="Use another machine's SCHEDULER without TLS: whoever reaches it can run code on its workers.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = False
    resources: Annotated[
        str,
        Field(
            pattern=r"^$|^\w+=[0-9.]+(, *\w+=[0-9.]+)*$",
            description="Dask resources that a chunk of images needs, as GPU=1. Only for SCHEDULER.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = ""
    chunk_size: Annotated[
        int,
        Field(
            ge=1,
            le=1024,
            description="Images that a worker is given at a time.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = 16
    max_megapixels: Annotated[
        float, Field(gt=0, le=178, description="Images with more pixels than this many million are refused.")
    ] = 64.0


class ReidentificationOptions(Section):
    """[REIDENTIFICATION]: are the people recognised behind their masks? For `python -m masking reidentify`."""

    recognisers: Annotated[
        str,
        Field(
            description="auto, or some of dlib, sface, arcface, as: dlib, sface. auto takes all whose files are there.",
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
            description="SFace's and ArcFace's ONNX files, downloads of your own.",
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
            description="How often one image a person is drawn anew, within a video and across videos.",
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


class Config(BaseModel):
    """Everything that a run needs to know, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folders: Folders
    reconstruction: ReconstructionOptions = ReconstructionOptions()
    landmarks: LandmarkOptions = LandmarkOptions()
    rendering: RenderingOptions = RenderingOptions()
    output: OutputOptions = OutputOptions()
    run: RunOptions = RunOptions()
    preparation: PreparationOptions = PreparationOptions()
    reidentification: ReidentificationOptions = ReidentificationOptions()
    parts: dict[str, SerializeAsAny[Section]] = {}
    """Sections of what other packages have registered, by its name."""

    def options_of(self, part: str) -> Section:
        """The section of what was registered under the name `part`, with its defaults where the INI gives none."""
        return self.parts[part] if part in self.parts else registered_sections()[part.upper()]()


REGISTRIES = (
    "masking.reconstruction.registry:RECONSTRUCTORS",
    "masking.faces.landmarks:LANDMARK_DETECTORS",
    "masking.rendering.registry:RENDERERS",
    "masking.reidentification.recognisers.registry:RECOGNISERS",
)


def registered_sections() -> dict[str, type[Section]]:
    """Sections of what other packages have registered, by their name in the INI."""
    entries = (entry for location in REGISTRIES for entry in registry_at(location))
    return {entry.name.upper(): entry.options for entry in entries if entry.options is not None}


SECTIONS: dict[str, type[Section]] = {
    "DEFAULT": Folders,
    "RECONSTRUCTION": ReconstructionOptions,
    "LANDMARKS": LandmarkOptions,
    "RENDERING": RenderingOptions,
    "OUTPUT": OutputOptions,
    "RUN": RunOptions,
    "PREPARATION": PreparationOptions,
    "REIDENTIFICATION": ReidentificationOptions,
}


def all_sections() -> dict[str, type[Section]]:
    """Every section that an INI may have, by its name."""
    return {**SECTIONS, **registered_sections()}


def described(field: FieldInfo) -> str:
    """What an option is, with what may be chosen."""
    validators = (one.func for one in field.metadata if isinstance(one, AfterValidator))
    choices = [f"{' | '.join(validator.names)}. " for validator in validators if isinstance(validator, Choice)]
    return "".join([*choices, field.description or ""])


def in_memory_config(**sections: Section) -> Config:
    """A configuration for work in memory, where no folder is read or written. sections: by Config's field."""
    return Config(folders=Folders(input_folder=Path(), output_folder=Path()), **sections)  # type: ignore[arg-type]


def settings_by_key(settings: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """Overrides for `load_config` from values by their key in lower case, as `min_coverage`; a key stands in one
    section alone. Raises ConfigError with every key that is none.
    """
    homes = {key: name for name, section in all_sections().items() for key in section.model_fields}
    if problems := [f"{key}: there is no such setting; docs/ini.md lists them" for key in settings if key not in homes]:
        raise ConfigError(problems)
    return [(key, f"{homes[key]}.{key.upper()}", str(value)) for key, value in settings.items()]
