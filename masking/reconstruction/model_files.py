"""The users' own downloads: where each comes from, and under which terms."""

from __future__ import annotations

from masking.core.downloads import Download

RINGNET_CHECKPOINT = Download(
    "RingNet's checkpoint",
    "https://ringnet.is.tue.mpg.de",
    "registration; for non-commercial research, see the licence there",
)
FLAME_MODEL = Download("the FLAME model", "https://flame.is.tue.mpg.de", "registration; see the licence there")
FLAME_SAMPLE = Download(
    "FLAME_sample.ply", "https://github.com/soubhiksanyal/RingNet", "with RingNet's code; see the licence there"
)
FLAME_EMBEDDING = Download(
    "FLAME's landmark embedding",
    "https://github.com/soubhiksanyal/RingNet/tree/master/flame_model",
    "with RingNet's code; see the licence there",
)
FLAME_TEXTURE_DATA = Download(
    "FLAME's texture data",
    "https://files.is.tue.mpg.de/tbolkart/FLAME/FLAME_texture_data.zip",
    "by FLAME's authors; see the licence at https://flame.is.tue.mpg.de",
)
