"""INI files as people write them are understood, or refused with a hint; one fault is one error."""

from __future__ import annotations

from pathlib import Path

import pytest

from masking.core.config import load_config
from masking.core.errors import ConfigError

TWO_KEYS = "[DEFAULT]\nINPUT_FOLDER = query\nOUTPUT_FOLDER = out\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "query").mkdir()
    return tmp_path


def ini(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "study.ini"
    path.write_bytes(text.encode(encoding))
    return path


def problem_of(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("comment", ["  ; so", " # so", " #so", " ;so", "; so", "\t# so # more"])
def test_a_comment_after_a_value_is_not_part_of_it(data: Path, comment: str) -> None:
    config = load_config(
        ini(data, f"{TWO_KEYS}[RUN]\nWORKERS = 3{comment}\n[RENDERING]\nCOLOR = 0.9, 0.7, 0.6{comment}\n")
    )
    assert (config.run.workers, config.rendering.color) == (3, "0.9, 0.7, 0.6")


@pytest.mark.parametrize("comment", [" ; where the photos are", " # so", " #", "\t; so"])
def test_behind_a_path_too(data: Path, comment: str) -> None:
    config = load_config(ini(data, f"[DEFAULT]\nINPUT_FOLDER = query{comment}\nOUTPUT_FOLDER = out{comment}\n"))
    assert (config.folders.input_folder, config.folders.output_folder) == (data / "query", data / "out")


@pytest.mark.parametrize("quote", ['"', "'"])
def test_quotes_around_a_value_are_not_part_of_it_and_keep_what_looks_like_a_comment(data: Path, quote: str) -> None:
    (data / "study #2; new").mkdir()
    text = f"[DEFAULT]\nINPUT_FOLDER = {quote}study #2; new{quote} # a comment\nOUTPUT_FOLDER = {quote}out{quote}\n"
    config = load_config(ini(data, text))
    assert (config.folders.input_folder, config.folders.output_folder) == (data / "study #2; new", data / "out")


def test_a_folder_that_is_there_by_that_very_name_needs_no_quotes(data: Path) -> None:
    (data / "study #2").mkdir()
    config = load_config(ini(data, "[DEFAULT]\nINPUT_FOLDER = study #2\nOUTPUT_FOLDER = out\n"))
    assert config.folders.input_folder == data / "study #2"


@pytest.mark.parametrize("text", ["out #2", "out; new", "out ;new"])
def test_what_may_be_a_comment_or_a_part_of_the_name_is_refused(data: Path, text: str) -> None:
    problem = problem_of(ini(data, f"[DEFAULT]\nINPUT_FOLDER = query\nOUTPUT_FOLDER = {text}\n"))
    assert f'put quotes around it if they belong to it, as "{text}"' in problem


@pytest.mark.parametrize("name", ["$STUDY", "${STUDY}"])
def test_environment_variables_are_filled_in(data: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDY", str(data))
    config = load_config(ini(data, f"[DEFAULT]\nINPUT_FOLDER = {name}/query\nOUTPUT_FOLDER = {name}/out\n"))
    assert (config.folders.input_folder, config.folders.output_folder) == (data / "query", data / "out")


def test_one_that_is_not_set_is_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STUDY", raising=False)
    (data / "$STUDY").mkdir()
    assert "$STUDY looks like an environment variable" in problem_of(
        ini(data, "[DEFAULT]\nINPUT_FOLDER = query\nOUTPUT_FOLDER = $STUDY/out\n")
    )


@pytest.mark.parametrize("name", ["{IDENTITY}", "{input_name}", "{Input Folder}"])
def test_unknown_placeholders_are_refused(data: Path, name: str) -> None:
    problem = problem_of(ini(data, f"[DEFAULT]\nINPUT_FOLDER = query\nOUTPUT_FOLDER = out/{name}\n"))
    assert f"OUTPUT_FOLDER holds {name}; only {{INPUT_NAME}} is filled in" in problem


@pytest.mark.parametrize("color", ["gray", "Grey", "GRAY"])
def test_grey_may_be_spelt_in_either_way(data: Path, color: str) -> None:
    assert load_config(ini(data, f"{TWO_KEYS}[RENDERING]\nCOLOR = {color}\n")).rendering.color == "grey"


def test_a_decimal_comma_is_understood(data: Path) -> None:
    assert load_config(ini(data, f"{TWO_KEYS}[RENDERING]\nMIN_COVERAGE = 0,95\n")).rendering.min_coverage == 0.95
    assert "'0,9,5' is not valid" in problem_of(ini(data, f"{TWO_KEYS}[RENDERING]\nMIN_COVERAGE = 0,9,5\n"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_files_of_usual_encodings_are_read(data: Path, encoding: str) -> None:
    (data / "José").mkdir()
    text = "# für die Studie\r\n[DEFAULT]\r\nINPUT_FOLDER = José\r\nOUTPUT_FOLDER = out\r\n"
    assert load_config(ini(data, text, encoding)).folders.input_folder == data / "José"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[DEFAULT]\nINPUT_FOLER = query\nOUTPUT_FOLDER = out\n", "unknown key INPUT_FOLER"),
        ("[DEFUALT]\nINPUT_FOLDER = query\nOUTPUT_FOLDER = out\n", "unknown section DEFUALT, did you mean DEFAULT?"),
        ("INPUT_FOLDER = query\nOUTPUT_FOLDER = out\n", "is not a valid INI file"),
        ("[DEFAULT]\nINPUT_FOLDER = nowhere\nOUTPUT_FOLDER = nowhere/out\n", "nowhere does not exist"),
        ("[DEFAULT]\nINPUT_FOLDER = query\n  OUTPUT_FOLDER = out\n", "spans several lines"),
        (f"{TWO_KEYS}[RENDERIN]\nRENDERER = builtin\nCOLOR = grey\nOVERDRAW = no\n", "unknown section RENDERIN"),
        (f"{TWO_KEYS}INPUT_FOLDER = query\n", "INPUT_FOLDER already exists; line 4 sets it again"),
        (f"{TWO_KEYS}IDENTITY_PATTERN = (\n", "a regular expression with one group"),
        (f"{TWO_KEYS}IDENTITY_PATTERN = [0-9]+\n", "a regular expression with one group"),
    ],
)
def test_where_one_thing_is_wrong_one_error_is_said(data: Path, text: str, said: str) -> None:
    assert said in problem_of(ini(data, text))


def test_a_missing_file_is_one_error(data: Path) -> None:
    assert "--config FILE" in problem_of(data / "none.ini")
