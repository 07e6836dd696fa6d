"""Built-in renderer against OpenDR, on one mesh of FLAME's size: python benchmarks/renderers.py [--runs N].

Prints milliseconds a picture (median) at several sizes, all taken in one run, one thread, turn and turn about:

built-in      BuiltinRenderer.render as the pipeline calls it, overdraw included
no overdraw   the same with OVERDRAW = no
opendr        RENDERER = opendr as the pipeline calls it: what is constant for given faces is kept
original      OpenDR as the original calls it: a fresh renderer for each picture
colour pass   OpenDR's filled picture alone, from a renderer that stands ready
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from masking.core.config import in_memory_config
from masking.core.config.options import RenderingOptions
from masking.core.errors import MissingPackageError
from masking.geometry.camera import PinholeCamera
from masking.rendering.registry import open_renderer
from masking.rendering.shading import LIGHT_INTENSITIES, LIGHT_POSITIONS
from masking.rendering.window import near_and_far

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs as a script from a checkout that is not installed
from tests.rendering.heads import Pose, flame_like_head

SIZES = (224, 512, 1024, 2048)


def original_renderer(vertices: Any, faces: Any, camera: PinholeCamera, size: int) -> Any:
    """Set up OpenDR as the original does for each picture; its `.r` is the picture."""
    from opendr.camera import ProjectPoints
    from opendr.lighting import LambertianPointLight
    from opendr.renderer import ColoredRenderer

    renderer = ColoredRenderer()
    renderer.camera = ProjectPoints(
        rt=np.zeros(3), t=np.zeros(3), f=np.full(2, camera.focal_length), c=np.array(camera.center), k=np.zeros(5)
    )
    near, far = near_and_far(vertices[:, 2])
    renderer.frustum = {"near": near, "far": far, "width": size, "height": size}
    renderer.set(v=vertices, f=faces, bgcolor=np.ones(3))
    albedo = np.tile(np.array(RenderingOptions().albedo), (len(vertices), 1))
    renderer.vc = sum(
        LambertianPointLight(
            f=faces,
            v=renderer.v,
            num_verts=len(vertices),
            light_pos=position,
            vc=albedo,
            light_color=np.full(3, intensity),
        )
        for position, intensity in zip(LIGHT_POSITIONS, LIGHT_INTENSITIES, strict=True)
    )
    return renderer


def contestants(size: int) -> dict[str, Callable[[], object]]:
    """Return what to time at this size, by name; OpenDR only where it is installed."""
    vertices, faces = flame_like_head()
    placed, camera = Pose(yaw=0.4).place(vertices, size, size)

    def draws(**options: Any) -> Callable[[], object]:
        renderer = open_renderer(in_memory_config(rendering=RenderingOptions(**options)))
        return lambda: renderer.render(placed, faces, camera, size, size)

    chosen = {"built-in": draws(), "no overdraw": draws(overdraw=False)}
    try:
        chosen["opendr"] = draws(renderer="opendr")
    except MissingPackageError as error:
        print(error, file=sys.stderr)
        return chosen
    ready = original_renderer(placed, faces, camera, size)
    np.asarray(ready.r)
    chosen["original"] = lambda: np.asarray(original_renderer(placed, faces, camera, size).r)
    chosen["colour pass"] = lambda: ready.draw_color_image(ready.glf)
    return chosen


def milliseconds(chosen: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Median time of each of the `chosen`, which take turns so that all see the same machine."""
    times: dict[str, list[float]] = {name: [] for name in chosen}
    for draw in chosen.values():
        draw()
    for _ in range(runs):
        for name, draw in chosen.items():
            started = time.perf_counter()
            draw()
            times[name].append(time.perf_counter() - started)
    return {name: float(np.median(taken)) * 1e3 for name, taken in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=11, help="pictures of each kind and size")
    runs = parser.parse_args().runs
    for size in SIZES:
        taken = milliseconds(contestants(size), runs)
        line = "  ".join(f"{name} {value:8.2f} ms" for name, value in taken.items())
        ratios = "  ".join(f"{name} / built-in {value / taken['built-in']:6.1f}" for name, value in taken.items())
        print(f"{size} x {size}\n  {line}\n  {ratios}", flush=True)


if __name__ == "__main__":
    main()
