"""The converted network's file: a TensorFlow Lite model with a zip archive at its end, as TFLite's own metadata are.

The archive holds `record.json`, which says what the model was made from and by, and what TensorFlow computes for the
test images, so that every start can compare, on whatever machine and with whatever LiteRT it runs.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import IO

import numpy as np

from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.kept_files import Kind, OpenFile
from masking.reconstruction.ringnet.network import Outputs
from masking.reconstruction.ringnet.parameters import PARAMETER_COUNT

LITERT_PACKAGE = "ai-edge-litert"
CONVERTED = Kind("litert", ".tflite")
_FORMAT = "masking-ringnet-litert 1"
_MADE_BY = (
    "checkpoint.py", "convert.py", "converted_file.py", "freezing.py", "graph_pruning.py", "network.py", "probes.py",
)  # fmt: skip
"""The files that a converted network depends on; all else may change without a new conversion."""
_RECORD, _PARAMETERS, _VERTICES = "record.json", "parameters.f32", "vertices.f32"
_MAX_MEMBER_BYTES = 16 << 20


@dataclass(frozen=True)
class Record:
    """key: as `conversion_key`. model: SHA-256 of the model without the archive, hexadecimal. tensorflow, litert: the
    versions that made it and that it was tried with. difference: metres that its vertices lay from TensorFlow's.
    """

    key: str
    model: str
    tensorflow: str
    litert: str
    difference: float


@dataclass(frozen=True)
class Converted:
    """A converted network that is held open, what it was made by, and TensorFlow's outputs for the test images."""

    file: OpenFile
    record: Record
    references: Outputs

    @property
    def vertex_count(self) -> int:
        """Of one head."""
        return int(self.references[1].shape[1])


class ForeignFileError(Exception):
    """The file's archive is not one of ours."""


def conversion_key(files: CheckpointFiles) -> str:
    """SHA-256, hexadecimal, of the checkpoint and of the code that converts it."""
    return hashlib.sha256(f"{_FORMAT} {files.fingerprint} {_code()}".encode()).hexdigest()


@cache
def _code() -> str:
    folder = Path(__file__).parent
    return hashlib.sha256(b"\0".join((folder / name).read_bytes() for name in _MADE_BY)).hexdigest()


def append_archive(file: IO[bytes], record: Record, references: Outputs) -> None:
    """Append to the model in `file` its record and TensorFlow's outputs for the test images. Raises OSError."""
    with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
        # A fixed date: the same model is the same file.
        archive.writestr(zipfile.ZipInfo(_RECORD), json.dumps(asdict(record), sort_keys=True))
        for name, values in zip((_PARAMETERS, _VERTICES), references, strict=True):
            archive.writestr(zipfile.ZipInfo(name), values.astype("<f4").tobytes())


def read_converted(file: OpenFile, key: str) -> Converted:
    """The converted network in `file`, as `append_archive` left it. Raises ForeignFileError where it is another."""
    try:
        with os.fdopen(os.dup(file.descriptor), "rb") as content, zipfile.ZipFile(content) as archive:
            record = Record(**json.loads(_member(archive, _RECORD)))
            parameters, vertices = (np.frombuffer(_member(archive, name), "<f4") for name in (_PARAMETERS, _VERTICES))
        parameters = parameters.reshape(-1, PARAMETER_COUNT)
        references = parameters, vertices.reshape(len(parameters), -1, 3)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, NotImplementedError, RuntimeError, OSError) as error:
        raise ForeignFileError("it holds no record of a conversion") from error
    if record.key != key:
        raise ForeignFileError("it was made of another checkpoint, or by other code")
    return Converted(file, record, references)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    member = archive.getinfo(name)
    if member.file_size > _MAX_MEMBER_BYTES or member.compress_type != zipfile.ZIP_STORED:
        raise ForeignFileError(f"its {name} is too large")
    return archive.read(member)
