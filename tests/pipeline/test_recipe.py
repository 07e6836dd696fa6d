"""Equal fingerprints only where equal photos get equal outputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import masking.pipeline.recipe
from masking.core.config import Config
from masking.core.config.options import NO_EFFECT_ON_OUTPUTS, SECTIONS
from masking.masks.stage import MaskStage
from masking.pipeline.recipe import settings_fingerprint

NO_EFFECT = {
    "RUN.WORKERS=3",
    "RUN.SCHEDULER=tcp://localhost:1",
    "RUN.UNENCRYPTED_SCHEDULER=yes",
    "RUN.RESOURCES=GPU=1",
    "RUN.CHUNK_SIZE=3",
    "OUTPUT.OUTPUTS=backup",
    "OUTPUT.REPORT=no",
    "OUTPUT.PHOTOS_IN_REPORT=no",
}


def fingerprint_of(config: Config) -> bytes:
    return settings_fingerprint(config, MaskStage.sections)


@pytest.fixture
def query(tmp_path: Path) -> Path:
    (tmp_path / "query").mkdir()
    return tmp_path / "query"


@pytest.mark.parametrize(
    "setting",
    [
        "RECONSTRUCTION.MIN_SCORE=0.6",
        "LANDMARKS.LANDMARK_DETECTOR=facemesh",
        "RENDERING.COLOR=ringnet",
        "RENDERING.MIN_COVERAGE=0.8",
        "OUTPUT.SAVE_MESH=no",
        "OUTPUT.MESH_AXES=camera",
        "RUN.MAX_MEGAPIXELS=3",
    ],
)
def test_what_changes_outputs_changes_the_fingerprint(
    make_config: Callable[..., Config], query: Path, setting: str
) -> None:
    assert fingerprint_of(make_config(query)) != fingerprint_of(make_config(query, setting))


def test_where_and_how_fast_the_work_is_done_does_not(make_config: Callable[..., Config], query: Path) -> None:
    plain = fingerprint_of(make_config(query))
    (query.parent / "other").mkdir()
    assert fingerprint_of(make_config(query.parent / "other")) == plain
    for setting in NO_EFFECT:
        assert fingerprint_of(make_config(query, setting)) == plain


def test_a_model_file_counts_by_its_content_not_its_place(make_config: Callable[..., Config], query: Path) -> None:
    moved = make_config(query, f"LANDMARKS.PREDICTOR_FILE={query}")
    assert fingerprint_of(moved) == fingerprint_of(make_config(query))


def test_a_new_option_counts_unless_it_says_otherwise() -> None:
    marked = {
        name
        for field_of_config, section in zip(Config.model_fields, SECTIONS.values(), strict=False)
        for name, field in section.model_fields.items()
        if field_of_config in MaskStage.sections and field.json_schema_extra == NO_EFFECT_ON_OUTPUTS
    }
    assert marked == {setting.partition("=")[0].partition(".")[2].lower() for setting in NO_EFFECT}


def test_a_new_version_of_the_project_does_everything_again(
    make_config: Callable[..., Config], query: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = fingerprint_of(make_config(query))
    monkeypatch.setattr(masking.pipeline.recipe, "__version__", "99")
    assert fingerprint_of(make_config(query)) != plain
