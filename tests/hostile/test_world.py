"""Whatever is wrong with the world: no half outputs, no wrong mask, nothing changed, and a later run repairs it all."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batch_process import main
from masking.audit import Fault, audit_tree
from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ExitCode
from masking.dataset.png import encode_png
from tests.audit.command import audit
from tests.conftest import AS_ROOT
from tests.hostile.run_in import FAULTS
from tests.hostile.test_files import contents

pytestmark = pytest.mark.thorough

RUN_IN = PROJECT_FOLDER / "tests" / "hostile" / "run_in.py"
COMMAND = [sys.executable, str(PROJECT_FOLDER / "batch_process.py")]
MOMENTS = int(os.environ.get("HOSTILE_MOMENTS", "2"))
"""At how many moments each signal is sent: HOSTILE_MOMENTS=20 tries more."""
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root may mount a file system of one's own")


class World:
    """An input tree, an output folder, and a run in which something goes wrong."""

    def __init__(self, folder: Path, query: Path) -> None:
        self.folder, self.query, self.output = folder, query, folder / "output"
        self.photos = {str(path): contents(query)[str(path)] for path in query.rglob("*") if path.is_file()}
        self.environment = {**os.environ, "NUMBA_DISABLE_PERFORMANCE_WARNINGS": "1"}

    @property
    def arguments(self) -> list[str]:
        return ["--input-folder", str(self.query), "--output-folder", str(self.output)]

    def start(self, fault: str = "") -> subprocess.Popen[bytes]:
        command = [sys.executable, str(RUN_IN), fault] if fault else COMMAND
        pipe = subprocess.PIPE
        return subprocess.Popen([*command, *self.arguments], stdout=pipe, stderr=pipe, env=self.environment)

    def run(self, fault: str = "") -> tuple[int, str]:
        process = self.start(fault)
        said = b"".join(process.communicate(timeout=100)).decode(errors="replace")
        return process.returncode, said

    def check(self, *, killed: bool = False) -> None:
        """Nothing wrong stands anywhere; and a run in a sound world masks what is left to be masked.

        killed: the run had no time to clear up.
        """
        found = [fault for _, faults in audit_tree(self.query, None) for fault in faults]
        assert not [fault for fault in found if not (killed and is_harmless(fault))]
        now = contents(self.query)
        assert {path: now.get(path) for path in self.photos} == self.photos, "a photo has changed"
        assert main(self.arguments) == ExitCode.ALL_DONE
        assert audit([str(self.query), "--output-folder", str(self.output)]) == ExitCode.ALL_DONE
        assert not list(self.query.rglob(".masking-*"))
        assert not list(self.output.rglob(".masking-*"))


@pytest.fixture
def world(query_folder: Path, tmp_path: Path) -> World:
    return World(tmp_path, query_folder)


def is_harmless(fault: Fault) -> bool:
    """What a killed run may leave: temporary files, and a mask whose overlay, which comes last, is missing."""
    if fault.path.name.endswith("_overlay.png"):
        return False
    return "temporary file" in fault.problem or "without its other half" in fault.problem


EXPECTED = {
    "file_size_quota": (ExitCode.SOME_NOT_DONE, ExitCode.OUTPUT_FOLDER),
    "few_file_descriptors": (ExitCode.ALL_DONE, ExitCode.SOME_NOT_DONE, ExitCode.OUTPUT_FOLDER),
    "little_memory": (ExitCode.ALL_DONE, ExitCode.SOME_NOT_DONE, ExitCode.OUTPUT_FOLDER, ExitCode.MODEL_FILE),
    "clock_going_backwards": (ExitCode.ALL_DONE,),
    "no_hard_links": (ExitCode.ALL_DONE,),
    "slow_renames": (ExitCode.ALL_DONE,),
    "failing_renames": (ExitCode.SOME_NOT_DONE,),
    "failing_flushes": (ExitCode.SOME_NOT_DONE,),
    "closed_output": (ExitCode.ALL_DONE,),
}


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_process_that_lacks_something(world: World, fault: str) -> None:
    assert fault in FAULTS
    code, said = world.run(fault)
    assert code in EXPECTED[fault], said
    assert "Traceback" not in said
    world.check()


def test_nobody_reads_what_it_says(world: World) -> None:
    process = world.start()
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stderr.close()
    process.wait(timeout=100)
    world.check()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[Path, str], None]]:
    mounted: list[Path] = []

    def mount(folder: Path, options: str) -> None:
        folder.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=True)
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def moved_to_small_disk(world: World, small_disk: Callable[[Path, str], None]) -> World:
    """`world` with its photos on a disk that has no room for their outputs."""
    photos = world.folder / "small"
    small_disk(photos, "size=1200k")
    return World(world.folder, Path(shutil.copytree(world.query, photos / "query")))


def enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)


@needs_root
@pytest.mark.parametrize("size", ["64k", "400k", "1m"])
def test_a_full_disk_under_the_backup(world: World, small_disk: Callable[[Path, str], None], size: str) -> None:
    small_disk(world.output, f"size={size}")
    code, said = world.run()
    assert code in (ExitCode.SOME_NOT_DONE, ExitCode.OUTPUT_FOLDER), said
    assert "Traceback" not in said
    enlarge(world.output)
    world.check()


@needs_root
def test_a_full_disk_under_the_photos(world: World, small_disk: Callable[[Path, str], None]) -> None:
    crowded = moved_to_small_disk(world, small_disk)
    code, said = crowded.run()
    assert code == ExitCode.SOME_NOT_DONE, said
    assert "No space left" in said or "can't be written" in said
    enlarge(crowded.query.parent)
    crowded.check()


@needs_root
def test_a_disk_without_a_byte_left_under_the_photos(world: World, small_disk: Callable[[Path, str], None]) -> None:
    crowded = moved_to_small_disk(world, small_disk)
    filling = crowded.query.parent / "filling"
    with filling.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    code, said = crowded.run()
    assert code == ExitCode.LOCKED, said
    assert "No space left" in said
    assert "Traceback" not in said
    filling.unlink()
    enlarge(crowded.query.parent)
    crowded.check()


@needs_root
@pytest.mark.parametrize("which", ["output", "photos"])
def test_a_read_only_disk(world: World, small_disk: Callable[[Path, str], None], which: str) -> None:
    disk = world.output if which == "output" else world.folder / "photos"
    small_disk(disk, "size=50m")
    query = shutil.copytree(world.query, disk / "query") if which == "photos" else world.query
    closed = World(world.folder, Path(query))
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    code, said = closed.run()
    wanted = {"output": (ExitCode.OUTPUT_FOLDER,), "photos": (ExitCode.USAGE,)}
    assert code in wanted[which], said
    assert "Traceback" not in said
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    closed.check()


def without_home(world: World) -> None:
    world.environment = {"PATH": os.environ["PATH"]}


def without_temporary_folder(world: World) -> None:
    world.environment |= {"TMPDIR": "/nowhere", "TMP": "/nowhere", "TEMP": "/nowhere"}


def home_that_is_a_file(world: World) -> None:
    (world.folder / "home").touch()
    world.environment |= {"HOME": str(world.folder / "home"), "XDG_CACHE_HOME": "/dev/null"}


def plain_c_locale(world: World) -> None:
    (world.query / "Eileen_Collins").rename(world.query / "Zoë \udcff")
    world.photos = {path.replace("Eileen_Collins/", "Zoë \udcff/", 1): value for path, value in world.photos.items()}
    world.environment |= {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def photos_from_the_future(world: World) -> None:
    for path in world.photos:
        os.utime(path, (4e9, 4e9))


def damaged_journal(world: World) -> None:
    world.run()
    (world.output / "journal").write_bytes(os.urandom(10_000))


def damaged_outputs(world: World) -> None:
    world.run()
    for number, path in enumerate(sorted(world.query.rglob("*_overlay.png"))):
        path.write_bytes(path.read_bytes()[: 1000 * number])


@pytest.mark.parametrize(
    "change",
    [
        without_home,
        without_temporary_folder,
        home_that_is_a_file,
        plain_c_locale,
        photos_from_the_future,
        damaged_journal,
        damaged_outputs,
    ],
)
def test_surroundings_that_do_not_matter(world: World, change: Callable[[World], None]) -> None:
    change(world)
    code, said = world.run()
    assert code == ExitCode.ALL_DONE, said
    world.check()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_at_any_moment(world: World, number: signal.Signals) -> None:
    random = np.random.default_rng(int(number))
    for _ in range(MOMENTS):
        process = world.start()
        time.sleep(float(random.uniform(0.3, 3.5)))
        process.send_signal(number)
        process.communicate(timeout=60)
        if process.returncode == ExitCode.ALL_DONE:
            shutil.rmtree(world.output)
    world.check(killed=True)


def test_a_video_that_vanishes_during_the_run(world: World) -> None:
    for copy in range(6):
        shutil.copytree(world.query / "Eileen_Collins" / "1", world.query / "Grace_Hopper" / f"copy{copy}")
    process = world.start()
    while not list(world.query.rglob("*_overlay.png")) and process.poll() is None:
        time.sleep(0.01)
    shutil.rmtree(world.query / "Grace_Hopper", ignore_errors=True)
    said = b"".join(process.communicate(timeout=60)).decode()
    assert process.returncode in (ExitCode.ALL_DONE, ExitCode.SOME_NOT_DONE), said
    assert "Traceback" not in said
    shutil.rmtree(world.query / "Grace_Hopper", ignore_errors=True)
    world.photos = {path: value for path, value in world.photos.items() if "Grace_Hopper" not in path}
    world.check()


def test_photos_that_change_all_the_time(world: World) -> None:
    paths = [Path(path) for path in world.photos if path.endswith("_prep.png")]
    pictures = [np.array(Image.open(path)) for path in paths]
    done = threading.Event()

    def meddle() -> None:
        turn = 0
        while not done.is_set():
            for path, picture in zip(paths, pictures, strict=True):
                path.write_bytes(encode_png(np.roll(picture, turn % 7, axis=1)))
            turn += 1

    meddler = threading.Thread(target=meddle)
    meddler.start()
    code, said = world.run()
    done.set()
    meddler.join()
    assert code in (ExitCode.ALL_DONE, ExitCode.SOME_NOT_DONE), said
    assert "Traceback" not in said
    now = contents(world.query)
    world.photos = {path: now[path] for path in world.photos}
    # What was masked before it changed keeps its mask until the next run: no fault of a run that has ended.
    assert main(world.arguments) == ExitCode.ALL_DONE
    world.check()
