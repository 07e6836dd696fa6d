"""QUERY and DATABASE may be masked trees or the OUTPUT_FOLDERs of their runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from masking import mask_tree
from masking.core.errors import ConfigError
from masking.reidentification.trees import UNKNOWN, MaskedImage, open_tree


def images(folder: Path) -> list[MaskedImage]:
    return [entry for entry in open_tree(folder).walk() if isinstance(entry, MaskedImage)]


def test_masks_are_taken_from_beside_the_photos_or_from_the_output_folder(masked_once: Path) -> None:
    beside, kept = images(masked_once / "query"), images(masked_once / "output" / "query")
    assert [image.path.name for image in beside] == [image.path.name for image in kept]
    for one, other in zip(beside, kept, strict=True):
        assert one.overlay.parent == one.path.parent
        assert masked_once / "output" in other.overlay.parents
        for name in ("overlay", "mask_only", "mesh"):
            assert getattr(one, name).read_bytes() == getattr(other, name).read_bytes()


def test_what_the_masks_were_made_with_is_read_from_the_run(masked_once: Path) -> None:
    assert "face mesh" in open_tree(masked_once / "output" / "query").reconstructor.lower()
    assert open_tree(masked_once / "query").reconstructor == UNKNOWN


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        open_tree(tmp_path / "nowhere")


@pytest.mark.parametrize("owner", ["{}", "[", '{"input_folder": "/nowhere/at/all"}', "[1]", "[" * 100_000])
def test_an_output_folder_whose_photos_have_gone_is_named(tmp_path: Path, owner: str) -> None:
    (tmp_path / "input_folder.json").write_text(owner)
    with pytest.raises(ConfigError, match="which is not there"):
        open_tree(tmp_path)


@pytest.mark.parametrize("facts", ["{", "[]", json.dumps({"models": 3}), json.dumps({"models": {"reconstructor": []}})])
def test_a_damaged_run_json_says_nothing(tmp_path: Path, facts: str) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "input_folder.json").write_text(json.dumps({"input_folder": str(tmp_path / "photos")}))
    (tmp_path / "run.json").write_text(facts)
    assert open_tree(tmp_path).reconstructor == UNKNOWN


def test_a_flat_folder_whose_names_give_identities_is_compared_too(masked_once: Path, tmp_path: Path) -> None:
    photos, output = tmp_path / "flat", tmp_path / "output"
    photos.mkdir()
    for number, path in enumerate(sorted((masked_once / "query").rglob("*_prep.png"))):
        shutil.copy(path, photos / f"{path.name.split('.')[0]}-{number}.png")
    mask_tree(
        photos,
        output,
        report=False,
        input_layout="flat",
        photo_names="all",
        identity_pattern=r"^(\w+)_[0-9]-",
        outputs="backup",
    )
    tree = open_tree(output)
    found = [entry for entry in tree.walk() if isinstance(entry, MaskedImage)]
    assert {tree.person(entry.identity, entry.name) for entry in found} == {"Eileen_Collins", "Grace_Hopper"}
    assert len({tree.occasion(entry.video, entry.name) for entry in found}) == 6
    assert all(entry.overlay.is_file() and entry.mesh.is_file() for entry in found)
    assert [tree.image(entry.identity, entry.video, entry.name) for entry in found] == found
