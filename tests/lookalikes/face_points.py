"""81 points on a portrait's face, by the face-mesh network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.config.options import PROJECT_FOLDER

Array = npt.NDArray[np.float64]

_INPUT_SIZE = 192
_MAPPING = Path(__file__).with_name("face_points.json")


def face_points(image: npt.NDArray[np.uint8], box: tuple[float, float, float]) -> Array:
    """Points (81, 2), as (u, v), of the upright face in a square box (centre u, centre v, side)."""
    mesh = _mesh(image, box)
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    center = (low + high) / 2
    mesh = _mesh(image, (float(center[0]), float(center[1]), float((high - low).max() * 1.5)))
    return _points_81(mesh)


def _mesh(image: npt.NDArray[np.uint8], box: tuple[float, float, float]) -> Array:
    """The network's 468 vertices (468, 3) in image pixels."""
    from ai_edge_litert.interpreter import Interpreter

    weights = PROJECT_FOLDER / "masking" / "faces" / "weights" / "face_landmark.tflite"
    network = Interpreter(str(weights), num_threads=1)
    network.allocate_tensors()
    u, v, side = box
    step = side / _INPUT_SIZE
    to_image = np.array([[step, 0, u - side / 2], [0, step, v - side / 2]])
    crop = cv2.warpAffine(image, to_image, (_INPUT_SIZE,) * 2, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    network.set_tensor(network.get_input_details()[0]["index"], (crop / 255).astype(np.float32)[None])
    network.invoke()
    outputs = [network.get_tensor(details["index"]) for details in network.get_output_details()]
    mesh = max(outputs, key=np.size).reshape(468, 3).astype(np.float64) * step
    return mesh + np.array([u - side / 2, v - side / 2, 0])


def _points_81(mesh: Array) -> Array:
    """The 68 vertices, and 13 forehead points above the mesh's rim, leaning back along the forehead's own slope."""
    mapping: dict[str, Any] = json.loads(_MAPPING.read_text())
    right = _unit(mesh[454] - mesh[234])
    height = mesh[10] - mesh[152]
    up = _unit(height - (height @ right) * right)
    out = np.cross(right, up)
    rim, below = mesh[mapping["forehead_rim"]], mesh[mapping["forehead_below"]]
    sideways, upwards = np.array(mapping["forehead_offsets"]).T[:, :, None] * np.linalg.norm(height)
    lean = 1.2 * np.clip(((rim - below) @ out) / ((rim - below) @ up), -1.2, 0)[:, None]
    forehead = rim + sideways * right + upwards * up + upwards * lean * out
    return np.concatenate([mesh[mapping["ibug68"]], forehead])[:, :2]


def _unit(vector: Array) -> Array:
    return vector / np.linalg.norm(vector)
