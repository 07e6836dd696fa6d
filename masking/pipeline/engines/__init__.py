"""Where the work runs: in this process, in others on this machine, on a cluster."""

from masking.pipeline.engines.base import Engine, Models
from masking.pipeline.engines.registry import open_engine

__all__ = ["Engine", "Models", "open_engine"]
