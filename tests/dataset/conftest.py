"""What the tests of publishing share."""

from __future__ import annotations

from pathlib import Path

import pytest

from masking.dataset import OutputPublisher


@pytest.fixture
def publisher(tmp_path: Path) -> OutputPublisher:
    (tmp_path / "output").mkdir()
    return OutputPublisher(tmp_path / "output")
