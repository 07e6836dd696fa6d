"""A tree of hostile files: broken pictures, odd names, and things that are no files."""

from __future__ import annotations

import os
import socket
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from tests.hostile.pictures import all_cases, encoded

ODD_NAMES = (
    b"two\nlines",
    b"tab\tand\rreturn",
    b'quo"te',
    b"apo'strophe",
    b"back\\slash",
    b"-rf",
    b"--help",
    b"$(touch owned)",
    b"`id`",
    b"%s%n",
    b"*?[a]",
    b"~",
    b" leading and trailing ",
    b"\xff\xfe\x80",
    b"\x01\x1b[31m",
    b"CON",
    b"a_prep_overlay",
    b"=cmd|' calc'!A0",
    b"comma, semicolon;",
    b"x" * 180,
    "münchen".encode(),
    "面具".encode(),
    "👤".encode(),
    "e\u0301".encode(),
    "\u202egnp".encode(),
)
TOO_LONG = (b"y" * 246, b"z" * 240)
"""With `_prep.png` up to 255 bytes: the image can be read, and its overlay's name is impossible."""


@dataclass
class HostileTree:
    """Where it is, what may become of each image, by its place, and how many files of each kind it holds."""

    folder: Path
    allowed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, video: str, name: str, allowed: tuple[str, ...]) -> Path:
        path = self.folder / kind.replace("/", " ") / video / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.allowed[str(path.relative_to(self.folder))] = allowed
        self.kinds[kind] += 1
        return path


def make_hostile_tree(folder: Path, outside: Path, photo: Image.Image, seed: int = 0) -> HostileTree:
    """Make it in `folder`; links that leave it lead to `outside`."""
    tree, random = HostileTree(folder), np.random.default_rng(seed)
    folder.mkdir()
    for number, case in enumerate(all_cases(photo, random)):
        path = tree.add(case.kind, "1", f"{number:04}_prep{case.extension}", case.allowed)
        path.write_bytes(case.content)
    content = encoded(photo, "PNG")
    for name in ODD_NAMES:
        tree.add("odd name", "1", os.fsdecode(name + b"_prep.png"), ("masked",)).write_bytes(content)
    for name in TOO_LONG:
        tree.add("name too long for an output", "1", os.fsdecode(name + b"_prep.png"), ("failed",)).write_bytes(content)
    for name in ("new\nline", " ", "-", "ü"):
        tree.add(f"odd folder {name}", name, "a_prep.png", ("masked",)).write_bytes(content)
    _add_what_is_no_file(tree, content)
    _add_links(tree, outside, content)
    return tree


def _add_what_is_no_file(tree: HostileTree, content: bytes) -> None:
    for number in range(3):
        tree.add("folder named like an image", "1", f"f{number}_prep.png", ("unreadable",)).mkdir()
        os.mkfifo(tree.add("FIFO", "1", f"p{number}_prep.png", ("unreadable",)))
        path = tree.add("socket", "1", f"s{number}_prep.png", ("unreadable",))
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's path may be short only
        try:
            with socket.socket(socket.AF_UNIX) as unix:
                unix.bind(path.name)
        finally:
            os.chdir(here)
    if os.geteuid() == 0:
        for name, minor in (("zero", 5), ("null", 3), ("full", 7)):
            path = tree.add("device", "1", f"{name}_prep.png", ("unreadable",))
            os.mknod(path, 0o20666, os.makedev(1, minor))
    else:
        for number in range(3):
            path = tree.add("unreadable file", "1", f"u{number}_prep.png", ("unreadable",))
            path.write_bytes(content)
            path.chmod(0)
    for place in ("a_prep.png", "person/a_prep.png", "person/video/deeper/a_prep.png"):
        path = tree.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        tree.allowed[place] = ("unreadable",)
        tree.kinds["image at a wrong depth"] += 1


def _add_links(tree: HostileTree, outside: Path, content: bytes) -> None:
    outside.mkdir()
    (outside / "secret_prep.png").write_bytes(content)
    (outside / "person" / "1").mkdir(parents=True)
    (outside / "person" / "1" / "b_prep.png").write_bytes(content)
    inside = tree.add("link that stays inside", "1", "a_prep.png", ("masked",))
    inside.write_bytes(content)
    tree.add("link that stays inside", "1", "b_prep.png", ("masked",)).symlink_to("a_prep.png")
    for name, target in (
        ("dangling", "nowhere.png"),
        ("loop", "loop_prep.png"),
        ("leaves", str(outside / "secret_prep.png")),
        ("leaves_by_dots", f"../../../{outside.name}/secret_prep.png"),
        ("device", "/dev/zero"),
        ("random", "/dev/urandom"),
        ("password", "/etc/passwd"),
        ("folder", ".."),
        ("root", "/"),
    ):
        tree.add("link that is not followed", "1", f"{name}_prep.png", ("unreadable",)).symlink_to(target)
    (tree.folder / "linked person").symlink_to(outside / "person")
    (tree.folder / "looping person").symlink_to(tree.folder)
    tree.kinds["link to a folder that is not followed"] += 2
