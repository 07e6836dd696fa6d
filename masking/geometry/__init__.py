"""Pure functions on arrays: camera, meshes, and the files that hold them."""
