"""Preparation from Python: a tree as the command prepares it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from masking.core.config import Config, Setting, load_config, settings_by_key
from masking.pipeline.outcome import Outcome
from masking.pipeline.run import Listener, RunOptions, RunResult, run_stage
from masking.preparation.stage import PrepareStage


def prepare_tree(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    config: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    verify: bool = False,
    progress: bool = False,
    on_outcome: Callable[[Outcome], None] | None = None,
    **settings: Setting,
) -> RunResult:
    """Prepare the videos, frames and photos of `source` as `python -m masking prepare` does: the trees query/ and
    database/ below `target`, and the records beside them. Only what is new, changed or has failed is done, unless
    `force`.

    config: an INI file whose settings hold where `settings` say nothing else. settings: any key of the INI in lower
    case, as `max_yaw=15`; `workers=8` uses eight processes, which takes a script that guards what it does by
    `if __name__ == "__main__":`. verify: compare contents with the journal. progress: show a bar on standard error.
    on_outcome: called with the outcome of each video, in the order of the tree.
    Raises ConfigError, EmptyTreeError, LockedError and other MaskingErrors where the command would end with an error; a
    video of which nothing is prepared raises nothing, and is counted.
    """
    overrides = settings_by_key({"input_folder": source, "output_folder": target, **settings})
    configuration = load_config(Path(config) if config is not None else None, overrides, check_folders=True)
    options = RunOptions(force=force, verify=verify, progress=progress)
    return run_preparation(configuration, options, Listener(outcome=on_outcome) if on_outcome else Listener())


def run_preparation(config: Config, options: RunOptions, listener: Listener) -> RunResult:
    """As masking.pipeline.run.run_stage. Workers are given one video at a time: it takes as long as many images."""
    run = config.run.model_copy(update={"chunk_size": 1})
    return run_stage(PrepareStage(), config.model_copy(update={"run": run}), options, listener)
