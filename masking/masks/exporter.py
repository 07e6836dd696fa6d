"""Which files an image gets, and what is in them."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from masking.core.config.options import OutputOptions
from masking.core.errors import MissingModelFileError, UnsupportedOutputError
from masking.dataset.outputs import (
    LANDMARKS,
    LANDMARKS_POINTS,
    LANDMARKS_TABLE,
    MASK_ONLY,
    MASK_ONLY_ARRAY,
    MESH,
    NEUTRAL_MESH,
    NOW_LANDMARKS,
    NOW_MESH,
    OVERLAY,
    OVERLAY_ARRAY,
    PARAMETERS,
    PARAMETERS_DICT,
    TEXTURE,
    TEXTURE_MATERIAL,
    TEXTURED_MESH,
    VISUALIZATION,
    OutputKind,
)
from masking.dataset.png import encode_png
from masking.dataset.tree import PreparedImage
from masking.geometry.obj import ObjWriter, turned_to
from masking.masks.landmark_files import LandmarkSets, landmarks_csv, landmarks_npz, landmarks_pts
from masking.masks.photo_masker import MaskedPhoto
from masking.masks.visualization import visualization
from masking.reconstruction.base import MeshLandmarks, Reconstruction, Reconstructor
from masking.reconstruction.flame.landmarks import NOW_LANDMARKS as NOW_POINTS
from masking.reconstruction.flame.texture import depth_map, material_bytes, texture_from_photo, textured_obj_bytes
from masking.reconstruction.ringnet.parameters import npy_dict_bytes, npz_bytes
from masking.rendering.base import Render, Renderer

Picture = npt.NDArray[np.uint8]
Contents = dict[OutputKind, bytes]
FACE_SHOWING = {
    "save_texture": "SAVE_TEXTURE writes the photo's face as a texture",
    "save_visualization": "SAVE_VISUALIZATION writes a picture that holds the photo",
}


LANDMARK_FORMS: dict[str, tuple[OutputKind, Callable[[LandmarkSets], bytes]]] = {
    "npz": (LANDMARKS, landmarks_npz),
    "csv": (LANDMARKS_TABLE, landmarks_csv),
    "pts": (LANDMARKS_POINTS, landmarks_pts),
}


class Exporter:
    """Makes the contents of an image's files.

    Raises ModelFileError or UnsupportedOutputError where `options` ask for something that `reconstructor` can't give.
    """

    def __init__(self, options: OutputOptions, reconstructor: Reconstructor, renderer: Renderer) -> None:
        self._options = options
        self._renderer = renderer
        self._texture_data = reconstructor.open_texture_data() if options.save_texture else None
        self._neutral_head = reconstructor.open_neutral_head() if options.neutralize_expression else None
        self._mesh_landmarks = _open_mesh_landmarks(options, reconstructor)
        self._obj_writer: ObjWriter | None = None

    def encode(self, masked: MaskedPhoto, image: PreparedImage) -> Contents:
        """Contents of all files of `image`."""
        contents = {OVERLAY: encode_png(masked.overlay), MASK_ONLY: encode_png(masked.mask_only)}
        if self._options.save_arrays:
            contents |= {OVERLAY_ARRAY: _npy_bytes(masked.overlay), MASK_ONLY_ARRAY: _npy_bytes(masked.mask_only)}
        return contents | self.encode_mesh(
            masked.photo, masked.reconstruction, masked.largest_render, image, masked.landmarks
        )

    def encode_mesh(
        self,
        photo: Picture,
        reconstruction: Reconstruction,
        render: Render,
        image: PreparedImage,
        landmarks: Sequence[npt.NDArray[np.float64]] = (),
    ) -> Contents:
        """Contents of the files of `image` that need no mask: what RingNet's demo writes of every photo.

        photo (H, W, 3) uint8 RGB. render: the first face alone. landmarks: of each masked face, as LandmarkSets.
        """
        options = self._options
        contents: Contents = {}
        if options.save_mesh:
            contents[MESH] = self._obj(reconstruction.faces).encode(reconstruction.vertices)
        if options.save_parameters:
            contents |= _parameter_files(options, reconstruction.parameters)
        if self._neutral_head is not None:
            # FLAME's own frame is y up already, and what VOCA expects.
            neutral = ObjWriter(reconstruction.faces, "camera")
            contents[NEUTRAL_MESH] = neutral.encode(self._neutral_head(reconstruction))
        if self._texture_data is not None:
            contents |= self._textured_mesh(photo, reconstruction, render, image.stem)
        if options.save_visualization:
            contents[VISUALIZATION] = encode_png(visualization(photo, reconstruction, render, self._renderer))
        if options.save_landmarks:
            contents |= self._landmark_files(photo, reconstruction, image, landmarks)
        if options.save_now and self._mesh_landmarks is not None:
            points = self._mesh_landmarks(reconstruction.vertices)[list(NOW_POINTS)]
            contents[NOW_MESH] = self._obj(reconstruction.faces).encode(reconstruction.vertices)
            contents[NOW_LANDMARKS] = _npy_bytes(turned_to(options.mesh_axes, points))
        return contents

    def _landmark_files(
        self,
        photo: Picture,
        reconstruction: Reconstruction,
        image: PreparedImage,
        landmarks: Sequence[npt.NDArray[np.float64]],
    ) -> Contents:
        height, width = photo.shape[:2]
        sets = LandmarkSets(image.path.name, width, height, landmarks)
        if self._mesh_landmarks is not None:
            points = self._mesh_landmarks(reconstruction.vertices)
            seen = reconstruction.camera.project(points + reconstruction.translation)
            sets = replace(
                sets, flame=np.asarray(turned_to(self._options.mesh_axes, points), np.float64), flame_in_photo=seen
            )
        forms = LANDMARK_FORMS if self._options.landmarks_format == "all" else (self._options.landmarks_format,)
        return {LANDMARK_FORMS[form][0]: LANDMARK_FORMS[form][1](sets) for form in forms}

    def _obj(self, faces: npt.NDArray[np.int32]) -> ObjWriter:
        if self._obj_writer is None or self._obj_writer.faces is not faces:
            self._obj_writer = ObjWriter(faces, self._options.mesh_axes)
        return self._obj_writer

    def _textured_mesh(self, photo: Picture, reconstruction: Reconstruction, render: Render, stem: str) -> Contents:
        data, vertices, faces = self._texture_data, reconstruction.camera_vertices, reconstruction.faces
        if data is None:
            raise TypeError("no texture data was opened")
        depth = depth_map(render.face_id, render.barycentric, vertices, faces)
        texture, _ = texture_from_photo(photo, vertices, faces, reconstruction.camera, depth, data)
        turned = turned_to(self._options.mesh_axes, reconstruction.vertices)
        return {
            TEXTURED_MESH: textured_obj_bytes(turned, faces, data, stem + TEXTURE_MATERIAL.suffix),
            TEXTURE_MATERIAL: material_bytes(stem + TEXTURE.suffix),
            TEXTURE: encode_png(texture),
        }


def warnings_for(options: OutputOptions) -> list[str]:
    """What the user should know about files in which the face can still be seen."""
    asked_for = [text for key, text in FACE_SHOWING.items() if getattr(options, key)]
    return [f"{text}: keep these files where the photos are" for text in asked_for]


def _open_mesh_landmarks(options: OutputOptions, reconstructor: Reconstructor) -> MeshLandmarks | None:
    """FLAME's landmarks: demanded by SAVE_NOW, welcome for SAVE_LANDMARKS. A damaged file is an error to either."""
    if not (options.save_now or options.save_landmarks):
        return None
    try:
        return reconstructor.open_landmarks()
    except (MissingModelFileError, UnsupportedOutputError):
        if options.save_now:
            raise
        return None


def _parameter_files(options: OutputOptions, parameters: Mapping[str, npt.NDArray[np.floating]]) -> Contents:
    forms: dict[str, tuple[OutputKind, Callable[[Mapping[str, npt.NDArray[np.floating]]], bytes]]] = {
        "npz": (PARAMETERS, npz_bytes),
        "npy": (PARAMETERS_DICT, npy_dict_bytes),
    }
    chosen = forms if options.parameters_format == "both" else (options.parameters_format,)
    return {forms[form][0]: forms[form][1](parameters) for form in chosen}


def _npy_bytes(array: npt.NDArray[np.generic]) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()
