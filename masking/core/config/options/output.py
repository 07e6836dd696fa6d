"""Options of what is written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from masking.core.config.options.section import NO_EFFECT_ON_OUTPUTS, Section


class OutputOptions(Section):
    """[OUTPUT]: what is written for each image."""

    preset: Annotated[
        Literal["none", "original"],
        Field(
            description="none | original. original: files, names, folders, axes and colours are the original "
            "pipeline's, so that an old analysis runs on. It sets the keys that docs/ini.md lists, where they are left "
            "at their defaults."
        ),
    ] = "none"
    output_layout: Annotated[
        Literal["tree", "original"],
        Field(
            description="tree | original. tree: the backup has INPUT_FOLDER's folders. original: one folder a kind for "
            "all images, the original's names, and beside an image its overlay and mask alone."
        ),
    ] = "tree"
    outputs: Annotated[
        Literal["both", "backup"],
        Field(
            description="both | backup. both: beside each image, and in OUTPUT_FOLDER. backup: in OUTPUT_FOLDER alone, "
            "for photos that may only be read.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = "both"
    save_mesh: Annotated[bool, Field(description="Write X_prep_mesh.obj.")] = True
    mesh_axes: Annotated[
        Literal["viewer", "camera"],
        Field(description="viewer: the .obj opens upright (y up). camera: RingNet's own axes (y down, z away)."),
    ] = "viewer"
    save_parameters: Annotated[
        bool,
        Field(description="Write the reconstruction's numbers: cam, pose, shape, expression; see docs/outputs.md."),
    ] = False
    parameters_format: Annotated[
        Literal["npz", "npy", "both"],
        Field(
            description="npz | npy | both. npz: plain arrays. npy: the original's pickled dict, for tools like VOCA."
        ),
    ] = "npz"
    neutralize_expression: Annotated[
        bool, Field(description="Write X_prep_neutral.obj: RingNet's head with pose and expression 0, a VOCA template.")
    ] = False
    save_landmarks: Annotated[
        bool,
        Field(description="Write the 81 landmarks; with RingNet and FLAME's two embedding files, its 68 in 3D too."),
    ] = False
    landmarks_format: Annotated[
        Literal["npz", "csv", "pts", "all"],
        Field(description="npz | csv | pts | all. pts, iBUG's form, holds the 81 alone; see docs/outputs.md."),
    ] = "npz"
    save_now: Annotated[
        bool,
        Field(
            description="Write mesh and seven landmarks into OUTPUT_FOLDER/now as the NoW benchmark's evaluation loads "
            "them. Needs RingNet and FLAME's two embedding files."
        ),
    ] = False
    save_texture: Annotated[
        bool, Field(description="Write the mesh with the photo as its texture (.obj, .mtl, .png). It shows the face.")
    ] = False
    save_visualization: Annotated[
        bool, Field(description="Write photo, overlay of the whole mesh, mesh and mesh turned. It shows the face.")
    ] = False
    save_arrays: Annotated[
        bool, Field(description="Also write overlay and mask as .npy arrays into the backup, as the original did.")
    ] = False
    report: Annotated[
        bool,
        Field(
            description="Write report.html into OUTPUT_FOLDER: every image's photo, overlay and mask, to look "
            "through in a browser.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = True
    photos_in_report: Annotated[
        bool,
        Field(
            description="no leaves photos and overlays out of report.html, so that no pixel of a photo is in it.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = True

    @property
    def has_flat_backup(self) -> bool:
        """Whether all images' outputs lie in one folder a kind."""
        return self.output_layout == "original"
