"""`python scripts/list_dependencies.py > docs/dependencies.md`: every package that users install, with its licence.

Run it in an environment that requirements.txt has made: what is listed is what the packages say of themselves.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageMetadata, PackageNotFoundError, files, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADER = """\
# Dependencies and their licences

Everything that `pip install -r requirements.txt` may install: each version and hash is pinned there, so that a package
that was replaced on its way is refused. Direct dependencies and why each is there: pyproject.toml.
requirements-base.txt is the same without TensorFlow and what only TensorFlow needs: everything but RingNet.
No package is copied into this repository. Of the files that it carries, five kinds come from elsewhere:
[MediaPipe's networks](../masking/faces/weights/README.md), [CenterFace](../masking/faces/centerface_weights/README.md),
[MTCNN's output network](../masking/faces/mtcnn_weights/README.md),
[dlib's detector](../masking/faces/dlib_weights/README.md) and [the portraits](../examples/portraits/README.md).

The list is made by `python scripts/list_dependencies.py > docs/dependencies.md` from what the packages say of
themselves; a test compares it with requirements.txt, and another one requirements.txt with pyproject.toml. Known
vulnerabilities are looked up with

    pip install pip-audit
    pip-audit --require-hashes --disable-pip -r requirements.txt

which asks a database on the network, and therefore is not part of the tests.

| package | version | licence |
|---|---|---|
"""
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
LONGEST_LICENCE = 60
TEXTS = {"Apache-2.0": "Apache License, Version 2.0", "MIT": "Permission is hereby granted, free of charge"}


def pins(requirements: str) -> dict[str, set[str]]:
    """Versions by package of the text of a requirements file."""
    found: dict[str, set[str]] = {}
    for name, version in PIN.findall(requirements):
        found.setdefault(name.lower().replace("_", "-"), set()).add(version)
    return found


def licence_of(about: PackageMetadata) -> str:
    """What a package says about its licence: the expression, the classifiers, or the first line of the text."""
    if expression := about.get("License-Expression"):
        return expression
    classifiers = [
        line.split(" :: ")[-1] for line in about.get_all("Classifier") or [] if line.startswith("License ::")
    ]
    named = [name for name in classifiers if name != "OSI Approved"]
    text = (about.get("License") or "").strip().splitlines()
    if text and len(text[0]) <= LONGEST_LICENCE and (not named or len(text) == 1):
        return text[0]
    return ", ".join(named) or _named_in_file(about["Name"])


def _named_in_file(package: str) -> str:
    """The licence whose name stands in the package's own licence file."""
    for file in files(package) or ():
        if "LICENSE" in file.name.upper():
            text = file.read_text(encoding="utf-8")
            return next((name for name, words in TEXTS.items() if words in text), f"see its {file.name}")
    return "none given"


def main() -> int:
    """Print the page."""
    print(HEADER, end="")
    for name, versions in sorted(pins((ROOT / "requirements.txt").read_text(encoding="utf-8")).items()):
        try:
            licence = licence_of(metadata(name))
        except PackageNotFoundError:
            licence = "not installed here"
        print(f"| {name} | {', '.join(sorted(versions))} | {licence.replace('|', '/')} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
