"""Which engine a configuration asks for."""

from __future__ import annotations

from contextlib import AbstractContextManager

from masking.core.config import Config
from masking.pipeline.engines.base import Engine
from masking.pipeline.stage import Stage


def open_engine(stage: Stage, config: Config) -> AbstractContextManager[Engine]:
    """The engine that the configuration asks for, to do what `stage` does; to be entered with `with`.

    Raises ClusterError where the cluster can't be used, and whatever the stage raises as it loads its models.
    """
    if config.run.scheduler:
        from masking.pipeline.engines.dask_engine import open_dask_engine

        return open_dask_engine(stage, config)
    if config.run.workers > 1:
        from masking.pipeline.engines.on_demand import open_workers_on_demand

        return open_workers_on_demand(stage, config)
    from masking.pipeline.engines.this_process import open_this_process

    return open_this_process(stage, config)
