"""Masking from Python: the same masks as the command's, and nothing written that wasn't asked for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batch_process import main
from masking import Masker, mask_tree
from masking.core.config.options import PROJECT_FOLDER, all_sections
from masking.core.errors import ConfigError, EmptyTreeError, ExitCode, NoFaceError, SeveralFacesError
from masking.pipeline.outcome import Outcome

Picture = np.ndarray


@pytest.fixture(scope="module")
def masker() -> Masker:
    return Masker()


def test_a_photo_in_memory_gets_the_mask_that_the_command_writes(
    masker: Masker, crop: Picture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(crop).save(tmp_path / "photo.png")
    assert main(["--image", str(tmp_path / "photo.png"), "--output-folder", str(tmp_path / "out")]) == 0
    result = masker.mask(crop)
    for name, picture in (("overlay", result.overlay), ("mask_only", result.mask_only)):
        written = np.array(Image.open(tmp_path / "out" / "images" / f"photo_{name}.png"))
        assert np.array_equal(picture, written)


def test_the_result_holds_what_the_readme_names(masker: Masker, crop: Picture) -> None:
    result = masker.mask(crop)
    assert result.landmarks.shape == (81, 2)
    assert result.mesh.vertices.shape[1] == 3
    assert np.array_equal(result.overlay[~result.inside], crop[~result.inside])
    assert (result.mask_only[~result.inside] == 255).all()
    seen = result.mesh.camera.project(result.mesh.camera_vertices)
    assert (seen.min(axis=0) < result.landmarks.max(axis=0)).all()
    assert min(result.score, result.coverage) > 0.9
    assert result.survivor_score < 0.2
    assert result.other_faces == 0


def test_the_photo_stays_as_it_is_and_no_file_is_touched(
    masker: Masker, crop: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = crop.copy()
    masker.mask(crop)
    assert np.array_equal(crop, before)
    assert list(tmp_path.iterdir()) == []


def test_where_no_mask_can_be_proven_it_raises_what_the_command_would_say(masker: Masker, crowd: Picture) -> None:
    with pytest.raises(NoFaceError, match="no face"):
        masker.mask(np.zeros((224, 224, 3), np.uint8))
    with pytest.raises(SeveralFacesError):
        masker.mask(crowd)


def test_settings_are_the_inis_keys(crowd: Picture) -> None:
    result = Masker(several_faces="largest", background="black").mask(crowd)
    assert result.other_faces == 1
    assert result.survivor_score > 0.9
    assert (result.mask_only[~result.inside] == 0).all()


@pytest.mark.parametrize(("settings", "said"), [({"colour": "grey"}, "colour"), ({"background": "pink"}, "'pink'")])
def test_an_unknown_setting_is_an_error(settings: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Masker(**settings)


def test_every_key_of_the_ini_stands_in_one_section_alone() -> None:
    keys = Counter(key for section in all_sections().values() for key in section.model_fields)
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize(
    "photo",
    [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3)), np.zeros((0, 9, 3), np.uint8)],
)
def test_an_array_that_is_not_a_photo_is_refused(masker: Masker, photo: Picture) -> None:
    with pytest.raises(ValueError, match="RGB"):
        masker.mask(photo)


def test_a_photo_may_be_any_view_of_an_array(masker: Masker, crop: Picture) -> None:
    bgr = np.ascontiguousarray(crop[:, :, ::-1])
    assert np.array_equal(masker.mask(bgr[:, :, ::-1]).overlay, masker.mask(crop).overlay)


def test_a_tree_is_masked_and_recorded(query_folder: Path, tmp_path: Path) -> None:
    outcomes: list[Outcome] = []
    result = mask_tree(query_folder, tmp_path / "out", on_outcome=outcomes.append, save_mesh=False)
    assert (result.counts, result.worked_on, result.exit_code) == ({"masked": 6}, 6, ExitCode.ALL_DONE)
    assert [outcome.status for outcome in outcomes] == ["masked"] * 6
    assert len(list(query_folder.rglob("*_overlay.png"))) == 6
    assert not list(query_folder.rglob("*.obj"))
    assert mask_tree(query_folder, tmp_path / "out", save_mesh=False).worked_on == 0


def test_a_tree_without_photos_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "query").mkdir()
    with pytest.raises(EmptyTreeError):
        mask_tree(tmp_path / "query", tmp_path / "out")


def test_importing_the_package_loads_nothing_until_it_is_used() -> None:
    code = "import sys, masking; print(sorted({'numpy', 'cv2', 'pydantic'} & set(sys.modules)), masking.__version__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[] ")
    with pytest.raises(AttributeError, match="nothing"):
        __import__("masking").nothing  # noqa: B018 - the look at it is what is tried


def test_the_readmes_python_runs_as_it_is(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (PROJECT_FOLDER / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        subprocess.run([sys.executable, "-c", block], cwd=copy_of_examples(tmp_path), check=True)


def test_the_notebook_runs_as_it_is(tmp_path: Path) -> None:
    cells = json.loads((PROJECT_FOLDER / "examples" / "masking.ipynb").read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    assert "mask_tree(" in code
    subprocess.run([sys.executable, "-c", code], cwd=copy_of_examples(tmp_path), check=True)


def copy_of_examples(folder: Path) -> Path:
    """A folder with the project's modules on its path and examples of its own."""
    import shutil

    place = folder / "project"
    if not place.exists():
        shutil.copytree(PROJECT_FOLDER / "examples", place / "examples", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("masking", "batch_helper.py", "batch_process.py", "landmark_cropping.py"):
            (place / name).symlink_to(PROJECT_FOLDER / name)
    return place
