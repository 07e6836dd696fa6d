"""One version, wherever it is written down."""

from __future__ import annotations

import re

from masking import __version__
from masking.core.config.options import PROJECT_FOLDER


def first(pattern: str, name: str) -> str:
    found = re.search(pattern, (PROJECT_FOLDER / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_citation_and_the_changelog_name_the_version() -> None:
    assert first(r"^version: (.*)$", "CITATION.cff") == __version__
    assert first(r"^## (\d\S*) - ", "CHANGELOG.md") == __version__


def test_the_citation_and_the_changelog_name_the_same_day() -> None:
    released = first(rf"^## {re.escape(__version__)} - (\S+)$", "CHANGELOG.md")
    assert first(r"^date-released: (.*)$", "CITATION.cff") == released
