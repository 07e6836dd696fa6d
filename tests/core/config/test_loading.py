"""INI and options become one configuration, or all of their faults at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from masking.core.config import SECTIONS, load_config
from masking.core.errors import ConfigError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data" / "query").mkdir(parents=True)
    return tmp_path / "data"


def write_ini(folder: Path, text: str) -> Path:
    path = folder / "study.ini"
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(ini: Path | None, *overrides: tuple[str, str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(ini, overrides)
    return caught.value.problems


def test_the_originals_two_key_file_is_enough(data: Path) -> None:
    config = load_config(write_ini(data, "[DEFAULT]\nINPUT_FOLDER = query\nOUTPUT_FOLDER = backup\n"))
    assert config.folders.input_folder == data / "query"
    assert config.folders.output_folder == data / "backup"
    assert config.reconstruction.reconstructor == "auto"


def test_paths_in_the_ini_start_at_the_ini_and_paths_in_options_at_the_working_folder(data: Path) -> None:
    elsewhere = data / "elsewhere"
    (elsewhere / "database").mkdir(parents=True)
    ini = write_ini(data, "[DEFAULT]\nINPUT_FOLDER = query\nOUTPUT_FOLDER = backup\n")
    override = ("--input-folder", "DEFAULT.INPUT_FOLDER", "database")
    config = load_config(ini, [override], working_folder=elsewhere)
    assert config.folders.input_folder == elsewhere / "database"
    assert config.folders.output_folder == data / "backup"


def test_input_name_in_the_output_folder_is_the_input_folders_name(data: Path) -> None:
    config = load_config(write_ini(data, "[DEFAULT]\nINPUT_FOLDER = query\nOUTPUT_FOLDER = out/{INPUT_NAME}\n"))
    assert config.folders.output_folder == data / "out" / "query"


def test_a_later_override_wins_over_an_earlier_one_and_over_the_ini(data: Path) -> None:
    ini = write_ini(data, "[DEFAULT]\nINPUT_FOLDER=query\nOUTPUT_FOLDER=out\n[RENDERING]\nMIN_COVERAGE = 0.5\n")
    config = load_config(ini, [("--set", "rendering.min_coverage", "0.6"), ("--set", "RENDERING.MIN_COVERAGE", "0.7")])
    assert config.rendering.min_coverage == 0.7


@pytest.mark.parametrize(("text", "meaning"), [("yes", True), ("NO", False), ("on", True), ("0", False)])
def test_yes_and_no_are_understood(data: Path, text: str, meaning: bool) -> None:
    ini = write_ini(data, f"[DEFAULT]\nINPUT_FOLDER=query\nOUTPUT_FOLDER=out\n[OUTPUT]\nSAVE_MESH = {text}\n")
    assert load_config(ini).output.save_mesh is meaning


def test_every_fault_is_reported_at_once_with_its_place_and_the_nearest_name(data: Path) -> None:
    ini = write_ini(
        data,
        "[DEFAULT]\nINPUT_FOLDER = nowhere\nOUTPUT_FOLDER = out\nMIN_SCORE = 0.5\n"
        "[RENDERIN]\nRENDERER = builtin\n[RENDERING]\nRENDERR = builtin\nMIN_COVERAGE = much\n[RUN]\nWORKERS = 0\n",
    )
    problems = problems_of(ini)
    expected = [
        ("[DEFAULT] INPUT_FOLDER", "nowhere does not exist"),
        ("[DEFAULT] MIN_SCORE", "it belongs in [RECONSTRUCTION]"),
        ("[RENDERIN] RENDERER", "unknown section RENDERIN, did you mean RENDERING?"),
        ("[RENDERING] RENDERR", "unknown key RENDERR in [RENDERING], did you mean RENDERER?"),
        ("[RENDERING] MIN_COVERAGE", "'much' is not valid, expected a valid number"),
        ("[RUN] WORKERS", "'0' is not valid, expected greater than or equal to 1"),
    ]
    assert len(problems) == len(expected)
    for place, fault in expected:
        assert any(problem.startswith(f"{ini}: {place}") and fault in problem for problem in problems), (
            place,
            problems,
        )


@pytest.mark.parametrize("output", ["query", "query/out", "."])
def test_overlapping_folders_are_refused(data: Path, output: str) -> None:
    (problem,) = problems_of(write_ini(data, f"[DEFAULT]\nINPUT_FOLDER = query\nOUTPUT_FOLDER = {output}\n"))
    assert "overlap" in problem


def test_folders_that_overlap_through_a_link_are_refused(data: Path) -> None:
    (data / "link").symlink_to(data / "query")
    (problem,) = problems_of(write_ini(data, "[DEFAULT]\nINPUT_FOLDER = query\nOUTPUT_FOLDER = link/out\n"))
    assert "overlap" in problem


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("INPUT_FOLDER = query\n", "is not a valid INI file"),
        ("[DEFAULT]\nINPUT_FOLDER = query\nINPUT_FOLDER = query\n", "already exists"),
        ("[DEFAULT]\nINPUT_FOLDER = query\n", "[DEFAULT] OUTPUT_FOLDER is missing; give it in the INI or as --output"),
        ("[DEFAULT]\nINPUT_FOLDER =\nOUTPUT_FOLDER = out\n", "INPUT_FOLDER is empty"),
        ("[DEFAULT]\nINPUT_FOLDER = study.ini\nOUTPUT_FOLDER = out\n", "is not a folder"),
        ("[DEFAULT]\nINPUT_FOLDER = query\nOUTPUT_FOLDER = study.ini\n", "OUTPUT_FOLDER"),
    ],
)
def test_a_broken_ini_is_explained(data: Path, text: str, fault: str) -> None:
    assert any(fault in problem for problem in problems_of(write_ini(data, text)))


def test_a_missing_ini_names_the_option_that_gives_another(data: Path) -> None:
    assert "--config FILE" in problems_of(data / "none.ini")[0]


def test_an_ini_that_is_not_text_is_refused(data: Path) -> None:
    (data / "study.ini").write_bytes(b"\xff\xfe\x00[")
    assert "is not a valid INI file" in problems_of(data / "study.ini")[0]


@pytest.mark.parametrize("name", ["WORKERS", "RUN.", ".", ""])
def test_a_setting_without_section_and_key_is_refused(data: Path, name: str) -> None:
    assert any("SECTION.KEY=VALUE" in problem for problem in problems_of(None, ("--set", name, "1")))


@given(
    st.dictionaries(
        st.sampled_from([*SECTIONS, "render", "x"]),
        st.dictionaries(st.text("ABCDEF_ abc", min_size=1).filter(str.strip), st.text(max_size=20), max_size=3),
        max_size=4,
    )
)
@example({"DEFAULT": {"INPUT_FOLDER": "~nobody-has-this-name"}})
@example({"DEFAULT": {"INPUT_FOLDER": "~\x00", "OUTPUT_FOLDER": "~\x00"}})
def test_no_settings_whatever_end_in_anything_but_a_configuration_or_its_faults(
    settings: dict[str, dict[str, str]],
) -> None:
    overrides = [
        ("--set", f"{section}.{key}", value) for section, keys in settings.items() for key, value in keys.items()
    ]
    with pytest.raises(ConfigError) as caught:
        load_config(None, overrides)
    assert caught.value.problems
