"""Which videos SOURCE holds, in which order, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from masking.pipeline.journal import key_of
from masking.pipeline.outcome import Outcome
from masking.preparation.source import Kind, SourceVideo, walk
from tests.preparation.conftest import Preparation


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def found(study: Preparation, *settings: str) -> list[tuple[str, str, str]]:
    videos = [one for one in walk(study.config(*settings)) if isinstance(one, SourceVideo)]
    return [(one.identity, one.video, one.kind.value) for one in videos]


def refused(study: Preparation) -> dict[str, str]:
    return {one.name: one.reason for one in walk(study.config()) if isinstance(one, Outcome)}


def test_frames_videos_and_photos_are_found_each_in_its_layout(study: Preparation) -> None:
    touch(study.source, "Ada/10/0.1.jpg", "Ada/clip.mp4", "Ada/me.png", "Bob.jpg", "notes.txt", "Ada/list.csv")
    assert found(study) == [
        ("Ada", "10", "frames"), ("Ada", "clip", "clip"), ("Ada", "photos", "photos"), ("Bob", "photos", "photos"),
    ]  # fmt: skip


def test_keys_sort_as_the_tree_is_walked(study: Preparation) -> None:
    touch(
        study.source,
        *(
            f"{identity}/{video}"
            for identity in ("a b", "a", "a-b", "\u00e4")
            for video in ("2.mp4", "10.mp4", "z/1.jpg")
        ),
    )
    touch(study.source, "a.jpg", "a!.jpg")
    keys = [key_of(one.identity, one.video, one.name) for one in walk(study.config())]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys) == 14


def test_photos_are_of_an_identity_each_unless_they_are_numbered(study: Preparation) -> None:
    touch(study.source, "Ada_0001.jpg", "Ada_0002.jpg", "Bob.png", "7.jpg")
    assert [one[0] for one in found(study)] == ["7", "Ada_0001", "Ada_0002", "Bob"]
    assert [one[0] for one in found(study, "PREPARATION.NUMBERED_PHOTOS=yes")] == ["7", "Ada", "Bob"]


def test_what_earlier_stages_made_is_not_a_source(study: Preparation) -> None:
    touch(
        study.source, "Ada/a_prep.png", "Ada/a_prep_overlay.png", "Ada/a_mask_only.png", ".hidden/x.mp4", "Ada/._b.mp4"
    )
    assert found(study) == []


def test_two_videos_that_would_write_the_same_files_are_both_refused(study: Preparation) -> None:
    touch(study.source, "Ada/1/0.jpg", "Ada/1.mp4", "Ada/2.mp4")
    assert found(study) == [("Ada", "2", "clip")]
    assert all("another video of this identity is called 1 too" in why for why in refused(study).values())


def test_links_devices_and_strays_are_refused_with_a_reason(study: Preparation, tmp_path: Path) -> None:
    touch(study.source, "Ada/1.mp4", "stray.mp4")
    touch(tmp_path, "outside/secret.mp4")
    (study.source / "Ada" / "out.mp4").symlink_to(tmp_path / "outside" / "secret.mp4")
    (study.source / "Ada" / "gone.mp4").symlink_to("nowhere.mp4")
    (study.source / "Ada" / "in.mp4").symlink_to("1.mp4")
    (study.source / "Bob").symlink_to(tmp_path / "outside")
    (study.source / "loop").symlink_to(study.source)
    os.mkfifo(study.source / "Ada" / "pipe.mp4")
    (study.source / "Ada" / "device.mp4").symlink_to("/dev/zero")
    assert [one[1] for one in found(study)] == ["1", "in"]
    why = refused(study)
    assert why.keys() == {"out.mp4", "gone.mp4", "Bob", "loop", "pipe.mp4", "device.mp4", "stray.mp4"}
    assert "leaves SOURCE" in why["out.mp4"]
    assert "not a regular file" in why["pipe.mp4"]
    assert "put it into a folder" in why["stray.mp4"]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_video_is_found_again_from_its_outcome(study: Preparation, kind: Kind) -> None:
    from masking.preparation.files import PreparationFiles

    touch(study.source, "Ada/1/0.jpg", "Ada/2.mp4", "Ada/x.jpg", "Bob.jpg")
    config = study.config()
    for video in walk(config):
        assert isinstance(video, SourceVideo)
        if video.kind is kind:
            again = PreparationFiles(config).item_of(Outcome(video.identity, video.video, video.name, "failed"))
            assert (again.path, again.kind) == (video.path, video.kind)
