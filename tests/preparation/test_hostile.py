"""Whatever stands in SOURCE, each video ends in a status of its own, and the good ones are prepared."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

import masking.preparation.clip as clip_module
from examples.make_source import write_video
from examples.views import Picture
from masking.preparation.clip import Clip
from masking.preparation.decoder import HEADER
from tests.preparation import videos
from tests.preparation.conftest import Preparation, noise

STATUSES = {
    "cut_off.avi": "cut_off",
    "no_frames.mp4": "unreadable",
    "sound.mp4": "unreadable",
    "text.mp4": "unreadable",
    "empty.mp4": "unreadable",
    "playlist.mp4": "unreadable",
    "device.mp4": "unreadable",
    "pipe.mp4": "unreadable",
    "outside.mp4": "unreadable",
    "wide.avi": "too_large",
    "endless.avi": "too_long",
    "noise.mp4": "too_few_frames",
    "good.mp4": "prepared",
}


@pytest.fixture
def strangers(study: Preparation, clip: Path) -> Preparation:
    folder = study.source / "Ada"
    folder.mkdir()
    videos.cut_off(folder / "cut_off.avi")
    videos.without_frames(folder / "no_frames.mp4")
    videos.sound_alone(folder / "sound.mp4")
    (folder / "text.mp4").write_text("This is no video.\n" * 100)
    (folder / "empty.mp4").touch()
    (folder / "playlist.mp4").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{clip}\n#EXT-X-ENDLIST\n")
    (folder / "device.mp4").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.mp4")
    (folder / "outside.mp4").symlink_to(clip)
    videos.wide(folder / "wide.avi")
    videos.write_mjpeg(folder / "endless.avi", noise(130))
    write_video(folder / "noise.mp4", iter(noise(5)))
    shutil.copy(clip, folder / "good.mp4")
    return study


def test_each_strange_video_ends_in_a_status_and_the_good_one_is_prepared(strangers: Preparation) -> None:
    settings = ("RUN.MAX_MEGAPIXELS=1", "PREPARATION.MAX_FRAMES=100")
    strangers.run(*settings)
    assert {name: outcome.status for name, outcome in strangers.outcomes.items()} == STATUSES
    assert all(outcome.reason for name, outcome in strangers.outcomes.items() if name != "good.mp4")
    for tree in ("query", "database"):
        assert [name.split("/")[:2] for name in strangers.images(tree)] == [["Ada", "good"]]
    again = strangers.run(*settings)
    # What was refused before it was read is looked at anew; all else is known.
    assert again.worked_on == sum(outcome.source is None for outcome in strangers.outcomes.values()) == 4


def frames_of(path: Path, study: Preparation, *settings: str) -> list[tuple[int, float | None, Picture]]:
    frames = [(one.index, one.seconds, one.picture) for one in Clip(path, study.config(*settings)).frames()]
    return [(index, seconds, picture) for index, seconds, picture in frames if picture is not None]


def test_a_rotation_flag_is_followed(study: Preparation) -> None:
    frame = np.zeros((48, 96, 3), np.uint8)
    frame[:24, :48] = 255
    videos.rotated(study.folder / "phone.mp4", [frame] * 3)
    for _, _, picture in frames_of(study.folder / "phone.mp4", study):
        assert picture.shape == (48, 96, 3)
        assert picture[5:18, 5:40].min() > 200
        assert picture[30:, :].max() < 60


def test_a_variable_rate_keeps_its_times(study: Preparation) -> None:
    ticks = [0, 4, 8, 40, 41, 90, 140]
    videos.variable_rate(study.folder / "vfr.mp4", noise(7), ticks)
    times = [seconds for _, seconds, _ in frames_of(study.folder / "vfr.mp4", study)]
    assert times == pytest.approx([tick / 100 for tick in ticks], abs=0.002)
    thinned = frames_of(study.folder / "vfr.mp4", study, "PREPARATION.FPS=2")
    assert [index for index, _, _ in thinned] == [0, 5, 6]


def test_every_fifth_frame(study: Preparation) -> None:
    write_video(study.folder / "a.mp4", iter(noise(12)))
    assert [index for index, _, _ in frames_of(study.folder / "a.mp4", study, "PREPARATION.EVERY=5")] == [0, 5, 10]


DECODERS = {
    "crashed": "import os; os.abort()",
    "stalled": "import time; time.sleep(60)",
}


@pytest.mark.parametrize("status", DECODERS)
def test_a_decoder_that_dies_or_hangs_costs_one_status(
    small_study: Preparation, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setattr(clip_module, "arguments_for", lambda task: ["-c", DECODERS[status]])
    started = time.monotonic()
    small_study.run("PREPARATION.MAX_DECODING_SECONDS=1")
    assert small_study.outcomes["1.mp4"].status == status
    assert time.monotonic() - started < 30
    assert not [child for child in psutil.Process().children() if DECODERS[status] in child.cmdline()]


NONSENSE = {
    "too large": HEADER.pack(0, 0.0, 60000, 60000),
    "backwards": HEADER.pack(2**40, 0.0, 8, 8),
    "no time": HEADER.pack(0, float("nan"), 8, 8),
    "no end": HEADER.pack(0, 0.0, 0, 0) + b"[" * 5000,
    "strange end": HEADER.pack(0, 0.0, 0, 0) + b'{"end": 3, "frames": "x"}',
}


@pytest.mark.parametrize("answer", NONSENSE)
def test_what_an_upset_decoder_says_is_not_believed(
    small_study: Preparation, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    program = f"import sys; sys.stdout.buffer.write({NONSENSE[answer]!r}); sys.stdout.flush()"
    monkeypatch.setattr(clip_module, "arguments_for", lambda task: ["-c", program])
    small_study.run()
    assert small_study.outcomes["1.mp4"].status == "crashed"


def test_the_decoder_ends_with_whoever_asked(study: Preparation) -> None:
    program = (
        "import os, subprocess, sys, time\n"
        "from masking.preparation.decoder import limit_process\n"
        "if len(sys.argv) > 1:\n"
        "    limit_process(); print(os.getpid(), flush=True); time.sleep(60)\n"
        f"subprocess.Popen([sys.executable, {str(study.folder / 'p.py')!r}, 'child']); time.sleep(60)\n"
    )
    (study.folder / "p.py").write_text(program)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with psutil.Popen([sys.executable, str(study.folder / "p.py")], stdout=-1, env=environment) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        child.wait(timeout=20)
    assert not child.is_running()


def test_frames_that_cannot_be_read_cost_themselves_alone(
    study: Preparation, made_source: Path, tmp_path: Path
) -> None:
    folder = study.source / "Ada" / "3"
    shutil.copytree(made_source / "Grace_Hopper" / "3", folder)
    (folder / "3.1.jpg").write_bytes(b"no picture")
    (folder / "3.2.jpg").unlink()
    (tmp_path / "secret.jpg").write_bytes((folder / "3.3.jpg").read_bytes())
    (folder / "3.2.jpg").symlink_to(tmp_path / "secret.jpg")
    study.run()
    assert study.outcomes["3"].status == "prepared"
    verdicts = {row["frame"]: row["verdict"] for row in study.rows()}
    assert (verdicts["3.1"], verdicts["3.2"]) == ("unreadable", "unreadable")
    assert list(verdicts) == [f"3.{number}" for number in range(10)]
