"""The users' own downloads: where each is to be had, and reading one with care."""

from __future__ import annotations

from pathlib import Path

from masking.core.errors import ModelFileError
from masking.core.registry import Download

RINGNET_CHECKPOINT = Download(
    "RingNet's checkpoint",
    "https://ringnet.is.tue.mpg.de",
    "registration; for non-commercial research, see the licence there",
)
FLAME_MODEL = Download("the FLAME model", "https://flame.is.tue.mpg.de", "registration; see the licence there")
FLAME_SAMPLE = Download(
    "FLAME_sample.ply", "https://github.com/soubhiksanyal/RingNet", "with RingNet's code; see the licence there"
)
FLAME_TEXTURE_DATA = Download(
    "FLAME's texture data",
    "https://files.is.tue.mpg.de/tbolkart/FLAME/FLAME_texture_data.zip",
    "by FLAME's authors; see the licence at https://flame.is.tue.mpg.de",
)


def read_model_file(path: Path, max_bytes: int, download: Download) -> bytes:
    """Return the bytes of `path`. Raises ModelFileError if it is missing, unreadable, empty or over `max_bytes`."""
    remedy = download.remedy(path.parent)
    if not path.is_file():
        raise ModelFileError(path, "is not a file" if path.exists() else "is missing", remedy)
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise ModelFileError(path, f"has {size:,} bytes, more than the {max_bytes:,} that are read", remedy)
        data = path.read_bytes()
    except OSError as error:
        raise ModelFileError(path, f"can't be read: {error.strerror}", remedy) from error
    if not data:
        raise ModelFileError(path, "is empty", remedy)
    return data
