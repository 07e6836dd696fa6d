"""Which model files are there, what each enables, why one can't be used, and where the missing ones are to be had."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from masking.core.config import Config
from masking.core.errors import MissingModelFileError, ModelFileError
from masking.reconstruction.finding import FoundFile, Survey, Wanted, find, survey
from masking.reconstruction.flame.landmarks import load_dynamic_embedding, load_static_embedding
from masking.reconstruction.flame.model import load_flame_model
from masking.reconstruction.flame.texture_data import load_texture_data
from masking.reconstruction.flame.topology import load_sample, load_topology
from masking.reconstruction.packed_files import PackedFileError
from masking.reconstruction.ringnet.checkpoint_location import checkpoint_file
from masking.reconstruction.wanted_files import (
    CHECKPOINT_FILES,
    DYNAMIC_EMBEDDING_FILE,
    FLAME_MODEL_FILE,
    FLAME_SAMPLE_FILE,
    PREDICTOR_FILE,
    STATIC_EMBEDDING_FILE,
    TEXTURE_DATA_FILE,
)

MOST_LEFT_ALONE = 20


@dataclass(frozen=True)
class Query:
    """A file that is looked for: at which place, what it enables, how to find it, and how to try whether it is sound.

    find raises ModelFileError, and so does check.
    """

    wanted: Wanted
    place: Path
    enables: str
    find: Callable[[Wanted, Path], FoundFile]
    check: Callable[[FoundFile], object]


def queries(config: Config) -> Iterator[Query]:
    """Every file that a user may put in place, wherever `config` looks for it."""
    flame = config.reconstruction.flame_folder
    for wanted in CHECKPOINT_FILES:
        place = config.reconstruction.model_folder
        # Whether the three fit together shows at the start.
        yield Query(wanted, place, "RECONSTRUCTOR = ringnet", checkpoint_file, lambda file: None)
    yield Query(FLAME_SAMPLE_FILE, flame, "RingNet's triangles", find, load_sample)
    enables = f"NEUTRALIZE_EXPRESSION; RingNet's triangles without {FLAME_SAMPLE_FILE.name}"
    yield Query(FLAME_MODEL_FILE, flame, enables, find, load_flame_model)
    yield Query(
        TEXTURE_DATA_FILE,
        flame,
        "SAVE_TEXTURE with RingNet",
        find,
        lambda file: load_texture_data(file, load_topology(flame).faces),
    )
    enables = "SAVE_LANDMARKS: FLAME's {} landmarks"
    yield Query(STATIC_EMBEDDING_FILE, flame, enables.format("51 inner"), find, load_static_embedding)
    yield Query(DYNAMIC_EMBEDDING_FILE, flame, enables.format("17 contour"), find, load_dynamic_embedding)
    yield Query(PREDICTOR_FILE, config.landmarks.predictor_file, "LANDMARK_DETECTOR = dlib", find, _check_predictor)


def describe_files(config: Config) -> Iterator[str]:
    """Lines that tell a person of every file: those that are looked for, and those that lie beside them."""
    used: list[FoundFile] = []
    for query in queries(config):
        yield from _describe(query, used)
    places = [config.reconstruction.model_folder, config.reconstruction.flame_folder, config.landmarks.predictor_file]
    yield from _left_alone([survey(place) for place in places], used)


def _describe(query: Query, used: list[FoundFile]) -> Iterator[str]:
    try:
        file = query.find(query.wanted, query.place)
    except MissingModelFileError as error:
        yield f"missing   {error.path}"
        yield from _details(query, error.problem.partition("; ")[2])
    except ModelFileError as error:
        yield f"unusable  {error.path}"
        yield from _details(query, f"{error.problem}. {error.remedy}")
    else:
        used.append(file)
        yield from _found(query, file)


def _found(query: Query, file: FoundFile) -> Iterator[str]:
    try:
        query.check(file)
        size, digest = file.path.stat().st_size, file.sha256(query.wanted.max_bytes)
    except ModelFileError as error:
        yield f"unusable  {file}"
        yield from _details(query, error.problem)
    except PackedFileError as error:
        yield f"unusable  {file}"
        yield from _details(query, str(error))
    except OSError as error:
        yield f"unusable  {file}"
        yield from _details(query, f"can't be read: {error.strerror}")
    else:
        yield f"found     {file}"
        yield f"          {size:,} bytes{' packed' if file.is_packed else ''}, SHA-256 {digest}"
        yield f"          for {query.enables}; {query.wanted.download.licence}"


def _details(query: Query, problem: str) -> Iterator[str]:
    download = query.wanted.download
    if problem:
        yield f"          {problem}"
    yield f"          for {query.enables}"
    yield f"          get {download.title} from {download.page} ({download.licence})"


def _left_alone(surveys: list[Survey], used: list[FoundFile]) -> Iterator[str]:
    """A line for each file that lies there and serves for nothing, and why."""
    reasons: dict[str, str] = {}
    for looked in surveys:
        reasons |= {str(path): fault for path, fault in looked.faults.items()}
        for _, file in looked.files:
            if file not in used and not file.name.lower().startswith("readme"):
                reasons.setdefault(str(file), _why_left_alone(file, used))
    for path, reason in list(reasons.items())[:MOST_LEFT_ALONE]:
        yield f"left alone {path}"
        yield f"          {reason}"
    if len(reasons) > MOST_LEFT_ALONE:
        yield f"          and {len(reasons) - MOST_LEFT_ALONE} more"


def _why_left_alone(file: FoundFile, used: list[FoundFile]) -> str:
    for wanted in (*CHECKPOINT_FILES, FLAME_SAMPLE_FILE, FLAME_MODEL_FILE, TEXTURE_DATA_FILE, PREDICTOR_FILE):
        if wanted.rank(file.plain_name) is not None:
            chosen = [other for other in used if wanted.rank(other.plain_name) is not None]
            return f"{chosen[0]} is used" if chosen else f"could be {wanted.name}; see above"
    return "is not looked for under this name"


def _check_predictor(file: FoundFile) -> None:
    from landmark_cropping import DlibLandmarks

    DlibLandmarks(file.path)
