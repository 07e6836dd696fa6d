"""There is one way to the terminal, and it escapes what it is given."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from masking.core.config.options import PROJECT_FOLDER
from masking.core.terminal import say

SOURCES = [*(PROJECT_FOLDER / "masking").rglob("*.py"), *PROJECT_FOLDER.glob("*.py")]
OWN_WAY = {
    "masking/core/terminal.py",
    "masking/__init__.py",
    "masking/core/config/template.py",
    "masking/core/config/reference.py",
}
"""The last three print the project's own texts, in which no name is."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PROJECT_FOLDER).as_posix())
def test_nothing_is_printed_past_it(path: Path) -> None:
    if path.relative_to(PROJECT_FOLDER).as_posix() in OWN_WAY:
        return
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    printed = [call for call in calls if isinstance(call, ast.Name) and call.id == "print"]
    written = [
        call
        for call in calls
        if isinstance(call, ast.Attribute) and call.attr == "write" and ast.unparse(call.value).startswith("sys.std")
    ]
    assert printed + written == []


def test_it_escapes_all_but_line_ends(capsys: pytest.CaptureFixture[str]) -> None:
    say("one\ntwo \x1b[2J\r")
    assert capsys.readouterr().out == "one\ntwo \\x1b[2J\\x0d\n"
