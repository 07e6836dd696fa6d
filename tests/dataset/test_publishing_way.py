"""What is in the way of an image's outputs, and what is taken for its own."""

from __future__ import annotations

import dataclasses
import os
import stat
from pathlib import Path

import pytest

from masking.core.errors import PublishError
from masking.dataset import OutputPublisher, PreparedImage
from masking.dataset.outputs import MASK_ONLY, OVERLAY, TEMPORARY_PREFIX

CONTENTS = {OVERLAY: b"overlay", MASK_ONLY: b"mask"}


@pytest.fixture
def image(tmp_path: Path) -> PreparedImage:
    video = tmp_path / "query" / "Ada" / "1"
    video.mkdir(parents=True)
    (video / "a_prep.png").write_bytes(b"photo")
    return PreparedImage("Ada", "1", video / "a_prep.png")


def in_the_way(image: PreparedImage, *endings: str, content: bytes = b"the user's own") -> PreparedImage:
    """`image`, beside which somebody else's files have the names of its outputs."""
    for ending in endings:
        image.path.with_name(f"a_prep{ending}").write_bytes(content)
    return dataclasses.replace(image, foreign=frozenset(f"*{ending}" for ending in endings))


def test_somebody_elses_file_stays_and_nothing_is_published(image: PreparedImage, publisher: OutputPublisher) -> None:
    blocked = in_the_way(image, "_overlay.png")
    overlay = image.path.with_name("a_prep_overlay.png")
    with pytest.raises(PublishError, match=rf"^{overlay} was there before, but no record says"):
        publisher.publish(blocked, CONTENTS)
    assert overlay.read_bytes() == b"the user's own"
    assert sorted(path.name for path in image.path.parent.iterdir()) == ["a_prep.png", "a_prep_overlay.png"]


def test_all_files_in_the_way_are_named(image: PreparedImage, publisher: OutputPublisher) -> None:
    blocked = in_the_way(image, "_overlay.png", "_mask_only.png")
    with pytest.raises(PublishError, match=r"a_prep_mask_only\.png, .*a_prep_overlay\.png were there before"):
        publisher.publish(blocked, CONTENTS)


def test_a_file_that_is_the_same_is_not_in_the_way(image: PreparedImage, publisher: OutputPublisher) -> None:
    same = in_the_way(image, "_overlay.png", content=CONTENTS[OVERLAY])
    states = publisher.publish(same, CONTENTS)
    assert states["*_overlay.png"].size == len(CONTENTS[OVERLAY])
    assert image.path.with_name("a_prep_mask_only.png").read_bytes() == CONTENTS[MASK_ONLY]


def test_a_name_of_somebody_elses_that_is_free_by_now_is_used(image: PreparedImage, publisher: OutputPublisher) -> None:
    gone = dataclasses.replace(image, foreign=frozenset({"*_overlay.png"}))
    publisher.publish(gone, CONTENTS)
    assert image.path.with_name("a_prep_overlay.png").read_bytes() == CONTENTS[OVERLAY]


def test_what_somebody_else_has_put_there_is_no_mask_of_an_image_without_one(
    image: PreparedImage, publisher: OutputPublisher
) -> None:
    with pytest.raises(PublishError, match=r"a_prep_overlay\.png looks like a mask of this photo, but no record says"):
        publisher.withdraw(in_the_way(image, "_overlay.png", "_mesh.obj"))
    assert image.path.with_name("a_prep_overlay.png").read_bytes() == b"the user's own"


def test_an_output_that_has_another_name_elsewhere_is_written_again(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path
) -> None:
    publisher.publish(image, CONTENTS)
    overlay = image.path.with_name("a_prep_overlay.png")
    (tmp_path / "elsewhere").hardlink_to(overlay)
    publisher.publish(image, CONTENTS)
    assert overlay.stat().st_nlink == 1, "whoever has the other name could change it"


@pytest.mark.parametrize("call", range(4))
def test_ctrl_c_in_the_middle_leaves_nothing_under_any_name(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    publisher.publish(image, {OVERLAY: b"old overlay", MASK_ONLY: b"old mask"})
    calls, replace = iter(range(100)), os.replace

    def interrupted(path: str, target: str) -> None:
        if next(calls) == call:
            raise KeyboardInterrupt
        replace(path, target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        publisher.publish(image, CONTENTS)
    left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert [name for name in left if not name.startswith(TEMPORARY_PREFIX)] == ["a_prep.png"]


def test_a_failure_says_which_file_it_was(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, content: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(PublishError, match=rf"No space left on device: {tmp_path}/output/images/Ada/1/a_prep_overlay"):
        publisher.publish(image, CONTENTS)


def test_an_overlay_beside_the_photo_is_as_readable_as_the_photo_and_its_backup_as_the_photos_folder(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path
) -> None:
    image.path.chmod(0o604)
    image.path.parent.chmod(0o700)
    previous = os.umask(0)
    try:
        publisher.publish(image, CONTENTS)
    finally:
        os.umask(previous)
    backup = tmp_path / "output" / "images" / "Ada" / "1"
    modes = [
        stat.S_IMODE((folder / f"a_prep_{kind}.png").stat().st_mode)
        for kind in ("overlay", "mask_only")
        for folder in (image.path.parent, backup)
    ]
    assert modes == [0o606, 0o600, 0o666, 0o666], "what the umask leaves of it"


def test_an_image_whose_outputs_go_into_the_backup_alone_gets_its_overlay_last_too(
    image: PreparedImage, publisher: OutputPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed: list[str] = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda path, target: (renamed.append(target), replace(path, target)))
    publisher.publish(dataclasses.replace(image, backup_only=True), CONTENTS)
    assert [Path(target).name for target in renamed] == ["a_prep_mask_only.png", "a_prep_overlay.png"]
    assert sorted(path.name for path in image.path.parent.iterdir()) == ["a_prep.png"]
