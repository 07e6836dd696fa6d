"""FLAME's files: the head model, its triangles and its texture, read as data and never run."""
