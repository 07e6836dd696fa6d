"""An output folder belongs to one input folder, and holds outputs in one layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from masking.core.errors import ConfigError, OutputFolderError
from masking.pipeline.output_folder import OWNER_FILE, check_owner, folder_for, layout_in, take_output_folder


def test_a_missing_folder_is_made_and_may_be_claimed_again(tmp_path: Path) -> None:
    for _ in range(2):
        take_output_folder(tmp_path / "a" / "output", tmp_path / "query")
    assert (tmp_path / "a" / "output").is_dir()


def test_another_input_folder_is_refused_with_a_way_out(tmp_path: Path) -> None:
    take_output_folder(tmp_path / "output", tmp_path / "query")
    with pytest.raises(ConfigError, match=r"holds the results of .*query.*\{INPUT_NAME\}"):
        take_output_folder(tmp_path / "output", tmp_path / "database")


@pytest.mark.parametrize("content", ["{", "[]", '"text"', "[" * 50_000, '{"input_folder": '])
def test_a_damaged_claim_is_no_permission(tmp_path: Path, content: str) -> None:
    (tmp_path / OWNER_FILE).write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match="damaged"):
        take_output_folder(tmp_path, tmp_path / "query")
    assert folder_for(tmp_path, tmp_path / "query") == tmp_path


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputFolderError, match="can't be written"):
        take_output_folder(tmp_path / "file" / "output", tmp_path / "query")


def test_two_layouts_are_not_mixed(tmp_path: Path) -> None:
    for first, second in (("tree", "original"), ("original", "tree")):
        folder = tmp_path / first
        take_output_folder(folder, tmp_path / "query", first)
        assert layout_in(folder) == first
        take_output_folder(folder, tmp_path / "query", first)
        with pytest.raises(ConfigError, match=f"OUTPUT_LAYOUT = {first}, and this run's is {second}"):
            take_output_folder(folder, tmp_path / "query", second)


def test_a_claim_of_an_earlier_version_means_the_tree(tmp_path: Path) -> None:
    (tmp_path / OWNER_FILE).write_text(f'{{"input_folder": "{tmp_path / "query"}"}}\n')
    assert check_owner(tmp_path, tmp_path / "query")
    assert layout_in(tmp_path) == "tree"


def test_nobodys_folder_and_ones_own_are_taken_as_they_are(tmp_path: Path) -> None:
    output = tmp_path / "output"
    assert folder_for(output, tmp_path / "query") == output
    take_output_folder(output, tmp_path / "query")
    assert folder_for(output, tmp_path / "query") == output


def test_where_another_tree_has_it_a_folder_in_it_is_taken_and_found_again(tmp_path: Path) -> None:
    output, query, database = (tmp_path / name for name in ("output", "query", "database"))
    query.mkdir()
    take_output_folder(output, query)
    for _ in range(2):
        assert folder_for(output, database) == output / "database"
        take_output_folder(output / "database", database)
    query.rmdir()
    assert folder_for(output, database) == output / "database"


def test_a_tree_that_may_only_have_moved_is_not_masked_anew_beside_its_own_masks(tmp_path: Path) -> None:
    (tmp_path / "query").mkdir()
    take_output_folder(tmp_path / "output", tmp_path / "query")
    moved = (tmp_path / "query").rename(tmp_path / "moved")
    assert folder_for(tmp_path / "output", moved) == tmp_path / "output"
    with pytest.raises(ConfigError, match="if the input folder has only moved"):
        take_output_folder(tmp_path / "output", moved)


@pytest.mark.parametrize("occupied", ["file", "folder with a file", "link", "another tree's", "a taken name"])
def test_unless_something_else_has_its_name(tmp_path: Path, occupied: str) -> None:
    output, database = tmp_path / "output", tmp_path / "database"
    (tmp_path / "query").mkdir()
    take_output_folder(output, tmp_path / "query")
    inner, taken = output / "database", ["Database"] if occupied == "a taken name" else []
    if occupied == "file":
        inner.touch()
    elif occupied == "folder with a file":
        inner.mkdir()
        (inner / "mine.txt").touch()
    elif occupied == "link":
        (tmp_path / "elsewhere").mkdir()
        inner.symlink_to(tmp_path / "elsewhere")
    elif occupied == "another tree's":
        take_output_folder(inner, tmp_path / "other" / "database")
    assert folder_for(output, database, taken) == output
    with pytest.raises(ConfigError, match="holds the results of"):
        take_output_folder(folder_for(output, database, taken), database)
