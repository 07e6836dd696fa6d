"""An INI file as people write it: in whatever encoding, with quotes and with comments behind the values."""

from __future__ import annotations

import codecs
import configparser
import re
from collections.abc import Iterator
from pathlib import Path

from masking.core.errors import ConfigError

BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
COMMENT = re.compile(r"\s[;#]\s.*|\s[;#]$|\s[;#](?=\S).*|;\s.*")
"""What may be a comment behind a value: ` ; so`, ` # so`, ` #so`, `; so`."""
SURE_COMMENT = re.compile(r"\s[;#](?:\s.*)?$")
QUOTED = re.compile(r"""(?P<quote>["'])(?P<text>.*?)(?P=quote)\s*(?:[;#].*)?""")


def read_ini(path: Path) -> Iterator[tuple[str, str, str]]:
    """Section, key in capitals and raw value of each line that sets something.

    Raises ConfigError where the file can't be read or is not an INI file.
    """
    # With Python's own default_section every [DEFAULT] key would also turn up in all other sections.
    parser = configparser.ConfigParser(interpolation=None, default_section="\0")
    parser.optionxform = str.upper  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(_text_of(path), source=str(path))
    except OSError as error:
        raise ConfigError([f"{path}: can't be read: {error.strerror}. Name another file with --config FILE"]) from error
    except configparser.DuplicateOptionError as error:
        problem = f"{path}: [{error.section}] {error.option} already exists; line {error.lineno} sets it again"
        raise ConfigError([problem]) from error
    except (UnicodeDecodeError, configparser.Error) as error:
        raise ConfigError([f"{path}: is not a valid INI file: {' '.join(str(error).split())}"]) from error
    for section in parser.sections():
        for key, value in parser.items(section):
            yield section, key, value.strip()


def _text_of(path: Path) -> str:
    """UTF-8 and UTF-16 by their marks, else UTF-8, else the Western European code page that Windows editors use."""
    content = path.read_bytes()
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.decode(encoding)
    if b"\0" in content[:100]:
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def plain_value(raw: str, *, is_text: bool) -> str:
    """A raw value without quotes around it and without a comment behind it. is_text: it may hold `;` and `#` of its
    own, as a path may; then only what looks like nothing but a comment is taken for one.

    Raises ValueError, which says what to do, where nobody can tell.
    """
    if "\n" in raw:
        raise ValueError("spans several lines: a line that is indented belongs to the one above; remove the blanks")
    if quoted := QUOTED.fullmatch(raw):
        return quoted["text"]
    if not is_text:
        return COMMENT.sub("", raw, count=1).strip()
    plain = SURE_COMMENT.sub("", raw, count=1).strip()
    if COMMENT.search(plain):
        raise ValueError(
            f'holds ; or #: put quotes around it if they belong to it, as "{plain}", or blanks around them'
        )
    return plain
