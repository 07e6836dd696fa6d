"""Where the work runs. An engine takes prepared images and yields their outcomes."""

from masking.engines.this_process import run_in_this_process

__all__ = ["run_in_this_process"]
