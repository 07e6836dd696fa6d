"""From two masked trees to files, with real pictures and a stand-in recogniser."""

from __future__ import annotations

import csv
import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from masking import reidentify
from masking.core.config import Config
from masking.core.errors import ConfigError, EmptyTreeError, OutputFolderError
from masking.pipeline.outcome import Outcome
from masking.pipeline.output_folder import make_output_folder
from masking.pipeline.run import Listener
from masking.reidentification.protocols import Protocol
from masking.reidentification.results import COLUMNS, NAME, write_results
from masking.reidentification.run import Result, Trees, compare_trees
from masking.reidentification.setups import STUDY_SETUPS, Attack
from masking.reidentification.study import Row
from masking.reidentification.table import table_text

QuickConfig = Callable[..., Config]
Elsewhere = Callable[..., Result]
ONLY_PLAIN = [f"REIDENTIFICATION.{name}=no" for name in ("PARROT", "GEOMETRY", "CONTROLS")]


def compared(folder: Path, config: Config, listener: Listener | None = None) -> Result:
    return compare_trees(Trees(folder / "query", folder / "database"), config, listener=listener)


def row_of(result: Result, setup: str, attack: Attack = Attack.PLAIN, protocol: Protocol = Protocol.ALL) -> Row:
    found = [row for row in result.study.rows if (row.setup, row.attack, row.protocol) == (setup, attack, protocol)]
    return found[0]


def written(result: Result) -> Path:
    make_output_folder(result.config.folders.output_folder)
    write_results(result)
    return result.config.folders.output_folder


def test_every_setup_of_the_study_is_compared(result_once: Result) -> None:
    result = result_once
    assert result.trees["query"].counts == {"enrolled": 6}
    for setup in STUDY_SETUPS:
        figures = row_of(result, setup.name).figures
        assert figures is not None
        assert (figures.people, figures.queries) == (2, 6)
        assert figures.named["rank_1"].chance == 0.5
    assert row_of(result, "Mesh2Mesh", Attack.GEOMETRY).figures is not None
    assert "fewer than two people" in row_of(result, "Face2Face", protocol=Protocol.WITHIN).why_not
    assert "fewer than 8 people" in row_of(result, "Overlay2Face", Attack.PARROT).why_not


def test_an_image_without_a_mask_is_counted_and_left_out(masked: Path, quick_config: QuickConfig) -> None:
    overlay = next((masked / "query").rglob("*_overlay.png"))
    overlay.unlink()
    broken = next((masked / "database").rglob("*_mask_only.png"))
    broken.write_bytes(b"not a picture")
    result = compared(masked, quick_config())
    assert result.trees["query"].counts == {"enrolled": 5, "not_masked": 1}
    assert result.trees["database"].counts["unreadable"] == 1
    assert "1 not_masked" in table_text(result)


def test_only_pixels_reach_a_recogniser(result_once: Result, masked: Path, quick_config: QuickConfig) -> None:
    before = result_once
    for number, folder in enumerate(sorted((masked / "query").iterdir())):
        folder.rename(folder.with_name(f"renamed_{number}"))
    for number, folder in enumerate(sorted((masked / "database").iterdir())):
        folder.rename(folder.with_name(f"renamed_{number}"))
    after = compared(masked, quick_config())
    for one, other in zip(before.study.rows, after.study.rows, strict=True):
        assert [run.ranks.tolist() for run in one.runs] == [run.ranks.tolist() for run in other.runs]


@pytest.mark.slow
def test_the_masks_of_another_run_are_searched_for_too(masked: Path, quick_config: QuickConfig) -> None:
    shutil.copytree(masked / "query", masked / "other")
    result = compare_trees(Trees(masked / "query", masked / "database", masked / "other"), quick_config())
    crossed = row_of(result, "MaskOnly2MaskOnly", Attack.CROSS_MASK)
    plain = row_of(result, "MaskOnly2MaskOnly")
    assert crossed.runs[0].ranks.tolist() == plain.runs[0].ranks.tolist()


@pytest.mark.slow
def test_a_face_that_is_not_found_in_the_image_itself_is_a_failure_to_enrol(
    masked: Path, quick_config: QuickConfig
) -> None:
    from masking.dataset.images import read_image
    from masking.dataset.png import encode_png

    for path in (masked / "query").rglob("*_mask_only.png"):
        picture = read_image(path, 10)
        grey = np.full_like(picture, 255)
        grey[60:160, 60:160] = 128
        path.write_bytes(encode_png(grey))
    lost = row_of(compared(masked, quick_config("REIDENTIFICATION.ALIGNMENT=image")), "MaskOnly2Face")
    kept = row_of(compared(masked, quick_config()), "MaskOnly2Face")
    assert (lost.not_enrolled[0], kept.not_enrolled[0]) == (6, 0)
    assert lost.figures is None


def test_photos_that_are_on_both_sides_are_reported(masked: Path, quick_config: QuickConfig) -> None:
    photo = next((masked / "query").rglob("*_prep.png"))
    for path in photo.parent.glob(f"{photo.stem}*"):
        place = masked / "database" / path.relative_to(masked / "query")
        place.parent.mkdir(exist_ok=True)
        shutil.copy(path, place)
    result = compared(masked, quick_config())
    assert result.study.same_photos == 1
    assert "byte for byte" in table_text(result)


def test_one_tree_against_itself_is_refused(masked: Path, quick_config: QuickConfig) -> None:
    with pytest.raises(ConfigError, match="every photo would find itself"):
        compare_trees(Trees(masked / "query", masked / "query"), quick_config())


def test_a_mask_runs_output_folder_is_not_for_results(
    masked_once: Path, masked: Path, quick_config: QuickConfig
) -> None:
    config = quick_config(f"DEFAULT.OUTPUT_FOLDER={masked_once / 'output' / 'query'}")
    with pytest.raises(ConfigError, match="OUTPUT_FOLDER; name another"):
        compared(masked, config)


def test_nobody_in_common_is_an_error(masked: Path, quick_config: QuickConfig) -> None:
    for folder in list((masked / "database").iterdir()):
        folder.rename(folder.with_name(f"other_{folder.name}"))
    with pytest.raises(EmptyTreeError, match="fewer than two people"):
        compared(masked, quick_config())


def test_workers_need_a_folder_to_hand_over_embeddings(masked: Path, quick_config: QuickConfig) -> None:
    with pytest.raises(ConfigError, match="EMBEDDINGS_FOLDER"):
        compared(masked, quick_config("RUN.WORKERS=2"))


def test_without_a_request_no_embedding_is_written(masked: Path, quick_config: QuickConfig) -> None:
    before = set(masked.rglob("*"))
    folder = written(compared(masked, quick_config()))
    new = {path.name for path in masked.rglob("*") if path not in before and path.is_file()}
    assert new == {f"{NAME}.json", f"{NAME}.csv", f"{NAME}.html"}
    assert folder == masked / "results"


def test_embeddings_are_kept_by_request_for_their_owner_alone(
    result_once: Result, masked: Path, quick_config: QuickConfig
) -> None:
    config = quick_config(f"REIDENTIFICATION.EMBEDDINGS_FOLDER={masked / 'private'}")
    kept = compared(masked, config)
    assert kept.trees["query"].counts == kept.trees["database"].counts == {"enrolled": 6}
    for one, other in zip(kept.study.rows, result_once.study.rows, strict=True):
        assert [run.ranks.tolist() for run in one.runs] == [run.ranks.tolist() for run in other.runs]
    files = list((masked / "private").rglob("*.npz"))
    assert len(files) == 12
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((masked / "private").stat().st_mode) == 0o700


def test_a_second_run_embeds_only_what_has_changed(masked: Path, quick_config: QuickConfig) -> None:
    config = quick_config(*ONLY_PLAIN, f"REIDENTIFICATION.EMBEDDINGS_FOLDER={masked / 'private'}")
    compared(masked, config)
    overlay = next((masked / "query").rglob("*_overlay.png"))
    shutil.copy(next((masked / "database").rglob("*_overlay.png")), overlay)
    done: list[Outcome] = []
    compared(masked, config, Listener(outcome=done.append))
    again = [outcome.name for outcome in done if not outcome.recorded]
    assert again == [overlay.name.replace("_overlay", "")]
    assert len(done) == 12


def test_a_folder_that_others_can_look_into_is_refused(masked: Path, quick_config: QuickConfig) -> None:
    (masked / "open").mkdir(mode=0o755)
    with pytest.raises(OutputFolderError, match="others can look into"):
        compared(masked, quick_config(f"REIDENTIFICATION.EMBEDDINGS_FOLDER={masked / 'open'}"))


def test_names_that_mean_something_elsewhere_are_text_in_the_csv_and_on_the_page(
    masked: Path, quick_config: QuickConfig
) -> None:
    markup = "<img src=x onerror=alert(1)>"
    for side in ("query", "database"):
        (masked / side / "Grace_Hopper").rename(masked / side / "=cmd")
        (masked / side / "Eileen_Collins").rename(masked / side / markup)
    folder = written(compared(masked, quick_config()))
    with (folder / f"{NAME}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    of_setup = [row for row in rows if (row["setup"], row["protocol"]) == ("Overlay2Face", "all")]
    assert len(of_setup) == 6
    assert {row["identity"] for row in of_setup} == {markup, "'=cmd"}
    assert all(1 <= int(row["rank"]) <= 2 for row in of_setup)
    page = (folder / f"{NAME}.html").read_text()
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert page.count("data:image/jpeg;base64,") == 6


def test_every_figure_is_in_the_json_and_no_embedding(elsewhere: Elsewhere) -> None:
    facts = json.loads((written(elsewhere()) / f"{NAME}.json").read_text())
    row = next(row for row in facts["rows"] if row["setup"] == "Overlay2Face" and row["protocol"] == "all")
    figure = row["figures"]["rank_1"]
    assert figure["low"] <= figure["value"] <= figure["high"]
    assert facts["what_cannot_be_concluded"]
    assert "2 people" in facts["methods"]
    longest = max(len(value) for value in row.values() if isinstance(value, list))
    assert longest < 25


def test_score_matrices_are_written_by_request_for_their_owner_alone(elsewhere: Elsewhere) -> None:
    result = elsewhere("REIDENTIFICATION.SAVE_SCORES=yes")
    path = written(result) / "scores" / "Face2Face-sface.npz"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with np.load(path, allow_pickle=False) as held:
        assert held["scores"].shape == (6, 6)
        assert held["query_identity"].tolist() == list(result.study.query.identities)
        best = held["database_identity"][held["scores"].argmax(axis=1)]
    right = row_of(result, "Face2Face").runs[0].ranks == 1
    assert np.array_equal(best == held_identities(result), right)


def held_identities(result: Result) -> np.ndarray:
    return np.array(result.study.query.identities)


def test_a_page_for_sharing_holds_no_photo(elsewhere: Elsewhere) -> None:
    folder = written(elsewhere("OUTPUT.PHOTOS_IN_REPORT=no"))
    assert "data:image/jpeg" not in (folder / f"{NAME}.html").read_text()


def test_the_page_can_be_read_by_those_only_who_may_read_the_photos(masked: Path, quick_config: QuickConfig) -> None:
    for path in (masked / "query").rglob("*_prep.png"):
        path.chmod(0o600)
    folder = written(compared(masked, quick_config()))
    assert stat.S_IMODE((folder / f"{NAME}.html").stat().st_mode) == 0o600


def test_from_python_it_is_one_call(masked: Path, face_recognition: Path) -> None:
    result = reidentify(
        masked / "query",
        masked / "database",
        recognisers="sface",
        face_recognition_folder=face_recognition,
        resamples=100,
        onnx_runtime="opencv",
    )
    assert row_of(result, "Face2Face").figures is not None
    assert not os.path.lexists("results")
