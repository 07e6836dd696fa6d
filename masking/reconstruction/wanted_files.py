"""Every file that a user may download, under the names that it has been published by."""

from __future__ import annotations

from masking.core.downloads import Wanted
from masking.reconstruction.model_files import (
    FLAME_EMBEDDING,
    FLAME_MODEL,
    FLAME_SAMPLE,
    FLAME_TEXTURE_DATA,
    RINGNET_CHECKPOINT,
)

CHECKPOINT_NAME = "ring_6_68641"
CHECKPOINT_SUFFIXES = (".meta", ".index", ".data-00000-of-00001")

CHECKPOINT_FILES = tuple(
    Wanted(CHECKPOINT_NAME + suffix, RINGNET_CHECKPOINT, max_bytes=1 << 31) for suffix in CHECKPOINT_SUFFIXES
)
FLAME_MODEL_FILE = Wanted(
    "generic_model.pkl",
    FLAME_MODEL,
    max_bytes=1 << 30,
    as_good=("flame2023.pkl", "flame_neutral.pkl"),
    # RingNet's numbers are those of the generic model; its demo takes the others too.
    next_best=("flame2023_no_jaw.pkl", "male_model.pkl", "female_model.pkl", "flame_male.pkl", "flame_female.pkl"),
    under_any_name=True,
)
FLAME_SAMPLE_FILE = Wanted("FLAME_sample.ply", FLAME_SAMPLE, max_bytes=1 << 28)
TEXTURE_DATA_FILE = Wanted(
    "texture_data_512.npy",
    FLAME_TEXTURE_DATA,
    max_bytes=1 << 30,
    next_best=("texture_data_256.npy", "texture_data_1024.npy", "texture_data_2048.npy"),
)
STATIC_EMBEDDING_FILE = Wanted("flame_static_embedding.pkl", FLAME_EMBEDDING, max_bytes=1 << 24)
DYNAMIC_EMBEDDING_FILE = Wanted("flame_dynamic_embedding.npy", FLAME_EMBEDDING, max_bytes=1 << 24)

FLAME_FILES = (
    FLAME_SAMPLE_FILE,
    FLAME_MODEL_FILE,
    TEXTURE_DATA_FILE,
    STATIC_EMBEDDING_FILE,
    DYNAMIC_EMBEDDING_FILE,
)
