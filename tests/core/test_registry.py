"""A reconstructor from outside the package: chosen, optioned, doctored and run, and nothing else is touched."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import Field

from masking import Masker
from masking.commands.main import main
from masking.core.config import Config, load_config
from masking.core.config.options import Section
from masking.core.downloads import Download, Wanted
from masking.core.errors import ConfigError
from masking.core.registry import Entry, ModelFile, Registry
from masking.faces.finder import Person
from masking.reconstruction.base import Reconstruction
from masking.reconstruction.facemesh.reconstructor import FaceMesh
from masking.reconstruction.registry import RECONSTRUCTORS

WHERE = Download("the toy's weights", "https://example.org/toy", "free")


class ToyOptions(Section):
    """[TOY]: a reconstructor for this test."""

    toy_depth: float = Field(default=1.0, ge=0.5, le=2, description="How deep the face is, 1 as it is.")


class Toy(FaceMesh):
    """The face mesh, deeper or flatter."""

    description = "toy"

    def __init__(self, depth: float) -> None:
        super().__init__()
        self._depth = depth

    def reconstruct(self, image: np.ndarray, people: Sequence[Person]) -> Reconstruction:
        found = super().reconstruct(image, people)
        return replace(found, vertices=found.vertices * np.array([1, 1, self._depth], np.float32))


def load(config: Config) -> Toy:
    options = config.options_of("toy")
    assert isinstance(options, ToyOptions)
    return Toy(options.toy_depth)


def files(config: Config) -> Iterator[ModelFile]:
    wanted = Wanted("toy.weights", WHERE, max_bytes=1 << 20)
    yield ModelFile(wanted, config.reconstruction.model_folder, "RECONSTRUCTOR = toy")


TOY = Entry("toy", "a toy", load, files, ToyOptions)


@pytest.fixture
def toy() -> Iterator[None]:
    RECONSTRUCTORS.register(TOY)
    yield
    RECONSTRUCTORS.unregister("toy")


@pytest.mark.usefixtures("toy")
def test_it_is_chosen_by_name_and_masks(crop: np.ndarray) -> None:
    plain, deep = (Masker(reconstructor="toy", toy_depth=depth).mask(crop) for depth in (1.0, 1.5))
    assert np.array_equal(plain.overlay, Masker().mask(crop).overlay)
    assert np.allclose(deep.mesh.vertices[:, 2], 1.5 * plain.mesh.vertices[:, 2])


@pytest.mark.usefixtures("toy")
def test_its_section_is_read_checked_and_part_of_the_recipe(tmp_path: Path) -> None:
    from masking.masks.stage import MaskStage
    from masking.pipeline.recipe import settings_fingerprint

    ini = tmp_path / "with.ini"
    folders = f"[DEFAULT]\nINPUT_FOLDER = {tmp_path}\nOUTPUT_FOLDER = out\n"
    prints = set()
    for depth in ("1.0", "1.5"):
        ini.write_text(f"{folders}[TOY]\nTOY_DEPTH = {depth}\n")
        prints.add(settings_fingerprint(load_config(ini, check_folders=False), MaskStage.sections))
    assert len(prints) == 2
    ini.write_text(f"{folders}[TOY]\nTOY_DEPTH = 3\nTOY_WIDTH = 1\n")
    with pytest.raises(ConfigError) as caught:
        load_config(ini, check_folders=False)
    assert "less than or equal to 2" in str(caught.value)
    assert "unknown key TOY_WIDTH in [TOY], did you mean TOY_DEPTH?" in str(caught.value)


@pytest.mark.usefixtures("toy")
def test_the_doctor_knows_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json", "--set", f"RECONSTRUCTION.MODEL_FOLDER={tmp_path}"])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    expected = {"path": str(tmp_path / "toy.weights"), "page": WHERE.page}
    assert any(expected.items() <= facts.items() for facts in found)


def test_without_it_the_name_and_the_section_are_unknown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'toy' is not valid, expected 'auto', 'ringnet' or 'facemesh'"):
        Masker(reconstructor="toy")
    with pytest.raises(ConfigError, match="toy_depth"):
        Masker(toy_depth=1)


def test_an_installed_package_adds_one_by_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "toy_package-1.dist-info").mkdir()
    (tmp_path / "toy_package-1.dist-info" / "METADATA").write_text("Name: toy-package\nVersion: 1\n")
    (tmp_path / "toy_package-1.dist-info" / "entry_points.txt").write_text("[a.group]\ntoy = toy_package:ENTRY\n")
    (tmp_path / "toy_package.py").write_text(
        "from masking.core.registry import Entry\nENTRY = Entry('toy', 'a toy', lambda config: 'loaded')\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    registry: Registry[str] = Registry("KEY", "a.group", [])
    assert registry.names == ["toy"]
    assert registry.load("toy", None) == "loaded"  # type: ignore[arg-type]


def test_a_name_is_given_once() -> None:
    registry: Registry[str] = Registry("KEY", "no.group", [Entry("a", "an a", lambda _: "a")])
    for name in ("a", "auto"):
        with pytest.raises(ValueError, match="exists already"):
            registry.register(Entry(name, "another", lambda _: "b"))
