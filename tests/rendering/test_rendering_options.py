import numpy as np
import pytest
from pydantic import ValidationError

from masking.core.config import in_memory_config
from masking.core.config.options import RenderingOptions
from masking.rendering.registry import open_renderer


@pytest.mark.parametrize(
    ("color", "albedo"),
    [
        ("grey", (0.65, 0.65, 0.65)),
        ("ringnet", (0.65098039, 0.74117647, 0.85882353)),
        ("0.9, 0.7,0.6", (0.9, 0.7, 0.6)),
        ("0,0,1", (0.0, 0.0, 1.0)),
    ],
)
def test_a_colour_is_a_name_or_three_numbers(color, albedo):
    assert RenderingOptions(color=color).albedo == albedo


@pytest.mark.parametrize(
    "color", ["grau", "", "blue", "0.5", "0.5, 0.5", "1, 2, 3", "-0.1, 0, 0", "nan, 0, 0", "a, b, c", "0,0,0,0"]
)
def test_any_other_colour_is_refused_with_what_is_expected(color):
    with pytest.raises(ValidationError, match="grey, ringnet, or red, green and blue from 0 to 1"):
        RenderingOptions(color=color)


@pytest.mark.parametrize(("key", "value"), [("background", "grey"), ("renderer", "pyrender"), ("overdraw", "perhaps")])
def test_other_unknown_values_are_refused(key, value):
    with pytest.raises(ValidationError, match=key.upper()):
        RenderingOptions.model_validate({key.upper(): value})


def test_the_defaults_are_the_originals_picture():
    options = RenderingOptions()
    assert (options.renderer, options.color, options.overdraw, options.background) == ("builtin", "grey", True, "white")


@pytest.mark.parametrize("renderer", ["builtin", "opendr"])
def test_the_colour_is_what_the_lights_fall_on(draw, renderer, request):
    if renderer == "opendr":
        request.getfixturevalue("opendr")
    corners, faces = [(1, 1, 10), (1, 9, 10), (9, 1, 10)], [(0, 1, 2)]
    grey = draw(corners, faces, renderer=open_renderer(in_memory_config(rendering=RenderingOptions(renderer=renderer))))
    blue = draw(
        corners,
        faces,
        renderer=open_renderer(
            in_memory_config(rendering=RenderingOptions(renderer=renderer, color="0.325, 0.65, 0.13"))
        ),
    )
    red_level, green_level, blue_level = blue.image[3, 3].astype(float)
    assert abs(red_level * 2 - grey.image[3, 3, 0]) <= 1
    assert green_level == grey.image[3, 3, 1]
    assert abs(blue_level * 5 - grey.image[3, 3, 2]) <= 3
    assert np.ptp(grey.image, axis=2).max() == 0
