"""What the pipeline is told of masking."""

from __future__ import annotations

import pytest

from masking.core.config import in_memory_config
from masking.core.config.options import OutputOptions
from masking.core.file_state import FileState
from masking.masks.details import NAMES, MaskDetails, are_sound
from masking.masks.stage import MaskStage
from masking.pipeline.outcome import Outcome
from masking.pipeline.stage import Cost

BYTES = FileState(bytes(32), 5000, 1)


def test_an_image_in_a_tree_costs_the_second_copys_time_and_space_too() -> None:
    loose = Outcome(
        "",
        "",
        "x_prep.png",
        "masked",
        seconds=0.3,
        step_seconds={"publish": 0.1},
        outputs={"images/*_overlay.png": BYTES},
    )
    config = in_memory_config()
    cost = MaskStage().cost(loose, config)
    assert cost.seconds == pytest.approx(0.4)
    assert (cost.bytes, cost.bytes_beside) == (2 * 8192, 8192)
    backup_only = config.model_copy(update={"output": OutputOptions(outputs="backup")})
    assert MaskStage().cost(loose, backup_only) == Cost(0.3, 8192, 0)


def test_in_the_originals_layout_only_overlay_and_mask_are_written_twice() -> None:
    places = ("images/{stem}_overlay.png", "images/{stem}overlay.npy", "mesh/{stem}.obj")
    loose = Outcome("", "", "x_prep.png", "masked", outputs=dict.fromkeys(places, BYTES))
    config = in_memory_config(output=OutputOptions(output_layout="original"))
    assert MaskStage().cost(loose, config) == Cost(0.0, 4 * 8192, 8192)


def test_details_come_from_masking_alone() -> None:
    sound = MaskDetails(0.9, 0.8, 1, 0, 0.7, 1, 0.1, "MIN_SCORE 0.20, 0.90 needed").mapping
    assert are_sound(sound)
    assert are_sound({})
    assert sound.keys() == NAMES
    for name, value in (("score", "high"), ("score", float("nan")), ("masked_faces", -1), ("candidates", True),
                        ("survivor_score", "low"), ("survivor_score", float("inf")),
                        ("missed_bound", "<b>"), ("more", 1)):  # fmt: skip
        assert not are_sound({**sound, name: value}), (name, value)
    assert not are_sound({name: value for name, value in sound.items() if name != "coverage"})
