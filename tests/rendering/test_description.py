import pytest

from masking.core.config.options import RenderingOptions
from masking.rendering.description import described


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "painter"),
        ({"overdraw": False}, "painter (OVERDRAW = no)"),
        ({"color": "ringnet", "background": "black"}, "painter (COLOR = ringnet; BACKGROUND = black)"),
        ({"color": "0.1, 0.2,1"}, "painter (COLOR = 0.1, 0.2,1)"),
        ({"min_coverage": 0.5}, "painter"),
    ],
)
def test_what_changes_the_picture_and_is_not_the_default_is_reported(changes, expected):
    assert described("painter", RenderingOptions(**changes)) == expected
