"""The least texture data: a texture of 2 x 2 pixels, of which one shows one triangle."""

import numpy as np

ONE_TEXEL = {
    "img_size": 2,
    "x_coords": np.array([0.0, 1.0, 0.0, 1.0]),
    "y_coords": np.array([0.0, 0.0, 1.0, 1.0]),
    "valid_pixel_ids": np.array([2]),
    "valid_pixel_3d_faces": np.array([[0, 1, 2]]),
    "valid_pixel_b_coords": np.array([[0.2, 0.3, 0.5]]),
    "vt": np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]),
    "ft": np.array([[0, 1, 2]]),
}
