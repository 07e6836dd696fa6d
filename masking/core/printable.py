"""Untrusted text, made safe to print: file names, and what libraries say about them.

A name may hold anything that moves a cursor, rings a bell, sets a window's title, ends a line, or turns the direction
of writing. Printed raw it can forge a line of a log, or hide one.
"""

from __future__ import annotations

import unicodedata

PLAIN_SPACE = " "
ESCAPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (direction marks and joiners among them), lone surrogates, private, unassigned, line separators."""


def printable(text: object) -> str:
    r"""`text` on one line, with everything in it that does not print as itself written as an escape: \x1b, \u202e.

    A backslash stays as it is: this is for people to read, not to be turned back.
    """
    plain = str(text)
    if plain.isascii() and plain.isprintable():
        return plain
    return "".join(map(_escaped, plain))


def printable_lines(text: object) -> str:
    """As `printable`, but line feeds stay: for texts of our own that hold names which are printable already."""
    return "\n".join(map(printable, str(text).split("\n")))


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in ESCAPED_CATEGORIES:
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        # A byte of a name that is not valid UTF-8.
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
