"""CSV cells that a spreadsheet shows and never runs.

Excel, LibreOffice and others take a cell that begins with =, +, - or @ for a formula, which can start programs and send
the table away; a tab or line end before it is skipped, and some split cells at a semicolon, whatever the quotes say. An
apostrophe goes before what would be taken so, and before an apostrophe that is there already: so one taken away
there gives the text back.
"""

from __future__ import annotations

import re

_BEGINS_A_CELL = r"(?:\A|(?<=[;\t\r\n]))"
_TAKEN_FOR_A_FORMULA = re.compile(_BEGINS_A_CELL + r"(?=[=+\-@\t\r\n'\uff1d\uff0b\uff0d\uff20])")
_APOSTROPHE = re.compile(_BEGINS_A_CELL + "'")


def plain_cell(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula."""
    return _TAKEN_FOR_A_FORMULA.sub("'", text)


def text_of_cell(cell: str) -> str:
    """The text that `plain_cell` made `cell` of."""
    return _APOSTROPHE.sub("", cell)
