"""What every page has that this program writes: its head, and a policy by which nothing is fetched or run but its own.

File names and reasons are untrusted: they go into markup through `text`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import string
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from masking.core.printable import printable
from masking.core.safe_files import whole_file
from masking.dataset.permissions import Readers

MARK = "\0"
"""Stands in a page where what is too long for memory belongs; no text holds it."""
BESIDE = "'self' data: file:"
"""Policy for pictures inside the page or beside it."""
INSIDE = "data:"
"""Policy for pictures inside the page alone."""


def page(title: str, body: str, *, style: str, script: str = "", pictures: str = INSIDE) -> str:
    """A page around `body`, which is markup; the page's policy lets this `style` and `script` alone hold."""
    run = f"script-src {_hash(script)}; " if script else ""
    policy = (
        f"default-src 'none'; {run}style-src {_hash(style)}; img-src {pictures}; base-uri 'none'; form-action 'none'"
    )
    template = string.Template(part("masking.report", "page.html"))
    return template.substitute(title=text(title), policy=policy, style=style, body=body)


def part(package: str, name: str) -> str:
    """A file of the folder `page` of `package`."""
    return files(package).joinpath("page", name).read_text(encoding="utf-8")


def text(value: object) -> str:
    """`value`, which may come from anybody, safe in markup, attributes included; in ASCII."""
    return html.escape(printable(value)).encode("ascii", "xmlcharrefreplace").decode("ascii")


def write_whole_page(path: Path, parts: Iterable[str], readers: Readers) -> None:
    """Write the page whole or not at all, for `readers` alone. Raises OSError."""
    with whole_file(path, mode=readers.mode) as file:
        readers.limit(file.fileno())
        file.writelines(parts)


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode('utf-8')).digest()).decode('ascii')}'"
