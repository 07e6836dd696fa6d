"""Weights that are missing or damaged are one clear error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ExitCode, ModelFileError
from masking.faces import networks


@pytest.mark.parametrize("content", [None, b"", b"no network at all"])
def test_a_missing_or_changed_file_is_named(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "WEIGHTS_FOLDER", tmp_path)
    if content is not None:
        (tmp_path / networks.LANDMARK_FILE).write_bytes(content)
    with pytest.raises(ModelFileError, match=f"{networks.LANDMARK_FILE}: .*install batch-face-masking again") as caught:
        networks.Network(networks.weights_file(networks.LANDMARK_FILE), (1,))
    assert caught.value.exit_code is ExitCode.MODEL_FILE


def test_a_network_of_another_kind_is_refused() -> None:
    with pytest.raises(ModelFileError, match="has outputs of"):
        networks.Network(networks.weights_file(networks.LANDMARK_FILE), (3, 1))


def test_loading_says_nothing_on_the_terminal() -> None:
    """In a process of its own, because the runtime speaks only once."""
    script = "from masking.faces.finder import FaceFinder; FaceFinder()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=PROJECT_FOLDER, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
