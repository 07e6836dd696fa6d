"""Reports of runs over made-up outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masking.core.config import Config
from masking.core.file_state import FileState
from masking.dataset.outputs import MASK_PAIR, locations_of, output_paths
from masking.dataset.tree import PreparedImage
from masking.masks.details import NAMES, MaskDetails
from masking.masks.stage import MaskStage
from masking.masks.status import Status
from masking.pipeline.outcome import Outcome
from masking.pipeline.run_facts import Environment, Statistics, run_facts
from masking.report.html_report import HtmlReport

PHOTO, OVERLAY_COLOR, MASK_COLOR = (200, 40, 40), (40, 200, 40), (40, 40, 200)
ENVIRONMENT = Environment({"reconstructor": "face mesh (weights sha256 0123abcd)"}, bytes(32), "this process")
STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def outcome(image: str, identity: str = "Ada", **known: object) -> Outcome:
    """A masked image's outcome, but for what is `known` of it."""
    details: dict[str, object] = {"score": 0.99, "coverage": 0.98}
    details.update({name: known.pop(name) for name in list(known) if name in NAMES})
    values: dict[str, object] = {
        "status": Status.MASKED,
        "seconds": 0.02,
        "step_seconds": {"read": 0.001, "render": 0.002},
        "source": FileState(bytes(32), 1, 1),
        "details": MaskDetails(**details).mapping,  # type: ignore[arg-type]
    }
    return Outcome(identity, "1", image, **{**values, **known})  # type: ignore[arg-type]


def draw(folder: Path, output_folder: Path, outcomes: Iterable[Outcome], *, flat: bool = False) -> None:
    """Put a red photo, a green overlay and a blue mask where a run would have put those of `outcomes`."""
    for one in outcomes:
        path = folder / one.identity / one.video / one.name
        image = PreparedImage(one.identity, one.video, path, flat_backup=flat)
        places = [locations_of(kind, image)[0] for kind in MASK_PAIR]
        overlay, mask_only = output_paths(str(output_folder), image, places)
        colors = {path: PHOTO}
        if one.status == Status.MASKED:
            colors.update({Path(overlay): OVERLAY_COLOR, Path(mask_only): MASK_COLOR})
        for picture, color in colors.items():
            picture.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((24, 24, 3), color, dtype=np.uint8)).save(picture, format="PNG")


@pytest.fixture
def make_report(tmp_path: Path, make_config: Callable[..., Config]) -> Callable[..., Path]:
    """Makes report.html: make_report(outcomes, "SECTION.KEY=VALUE", ..., drawn=True)."""

    def make(outcomes: list[Outcome], *settings: str, drawn: bool = True) -> Path:
        query, output_folder = tmp_path / "query", tmp_path / "output"
        query.mkdir(exist_ok=True)
        output_folder.mkdir(exist_ok=True)
        config, statistics = make_config(query, *settings), Statistics(MaskStage())
        if drawn:
            draw(query, output_folder, outcomes, flat=config.output.has_flat_backup)
        with HtmlReport(config) as report:
            for one in outcomes:
                report.add(one)
                statistics.add(one)
            ended = STARTED + timedelta(seconds=100)
            report.write(run_facts(config, ENVIRONMENT, statistics, STARTED, ended, interrupted=False))
        return report.path

    return make
