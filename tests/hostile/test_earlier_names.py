"""Files under an earlier version's names are replaced where the journal says that a run wrote them; others stay."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from masking.core.errors import ExitCode
from masking.dataset.outputs import RETIRED
from tests.hostile.conftest import Study

MINE = b"my own work of three weeks"
PARAMETERS = ["--set", "OUTPUT.SAVE_PARAMETERS=yes", "--set", "OUTPUT.PARAMETERS_FORMAT=both"]
OLD_ENDINGS = {kind.suffix: old.suffix for kind, old in RETIRED.items()}


def masked_by_an_earlier_version(study: Study) -> list[str]:
    """As the last run left it, had it been an earlier version's: files, journal. The names below the study's folder."""
    study.masked(*PARAMETERS)
    old_names = []
    for path in [*study.query.rglob("*"), *study.output.rglob("*")]:
        for suffix, old in OLD_ENDINGS.items():
            if path.name.endswith(suffix):
                renamed = path.rename(path.with_name(path.name.removesuffix(suffix) + old))
                old_names.append(str(renamed.relative_to(study.folder)))
    with closing(sqlite3.connect(study.output / "journal")) as journal:
        for suffix, old in OLD_ENDINGS.items():
            journal.execute("UPDATE items SET outputs = replace(outputs, ?, ?)", (f"*{suffix}", f"*{old}"))
        journal.commit()
    return old_names


def standing(study: Study, names: list[str]) -> list[str]:
    return [name for name in names if (study.folder / name).exists()]


@pytest.mark.parametrize("settings", [PARAMETERS, ["--set", "OUTPUT.SAVE_MESH=no"]])
def test_an_earlier_versions_files_are_replaced(study: Study, settings: list[str]) -> None:
    old_names = masked_by_an_earlier_version(study)
    assert len(standing(study, old_names)) == 2 * 2 * len(RETIRED)
    study.masked(*settings)
    assert "journal.old" not in study.said
    assert standing(study, old_names) == []


def test_they_go_where_the_image_gets_no_mask_any_more(study: Study) -> None:
    old_names = masked_by_an_earlier_version(study)
    study.photo.write_bytes(b"no photo any more")
    assert study.run(*PARAMETERS) == ExitCode.SOME_NOT_DONE
    assert standing(study, old_names) == []


@pytest.mark.parametrize("old", OLD_ENDINGS.values())
def test_somebody_elses_file_of_such_a_name_stays(study: Study, old: str) -> None:
    study.beside(old).write_bytes(MINE)
    study.masked(*PARAMETERS)
    study.masked("--force")
    study.photo.write_bytes(b"no photo any more")
    study.run()
    assert study.beside(old).read_bytes() == MINE


def test_one_that_comes_later_stays_too_even_after_an_image_that_failed(study: Study) -> None:
    """All that comes to stand at a failed image's places counts as a run's, but nothing under an old name."""
    study.beside("_overlay.png").mkdir()
    assert study.run() == ExitCode.SOME_NOT_DONE
    study.beside("_overlay.png").rmdir()
    study.beside(".obj").write_bytes(MINE)
    study.masked()
    assert study.beside(".obj").read_bytes() == MINE
