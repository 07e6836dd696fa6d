"""Files that look like the gated downloads, down to their traps, and hold nothing of them.

`python -m tests.lookalikes --folder DIR` writes them all under their real names, so that the real way of loading can
be tried where the originals may not be had.
"""
