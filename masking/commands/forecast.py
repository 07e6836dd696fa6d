"""What a run of any stage would do, and how long it takes, found out by trying a few items. Nothing is written."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from masking.commands.console import Console, listen_to_log
from masking.core.errors import ExitCode
from masking.core.printable import printable

if TYPE_CHECKING:
    from masking.core.config import Config
    from masking.pipeline.stage import Stage


def show_forecast(
    stage: Stage, config: Config, options: argparse.Namespace, console: Console, *, tried: str, remark: str = ""
) -> int:
    """Say what a run would do. tried: what is tried for it, in words. remark: what to know of the estimate."""
    from masking.core.process import set_up_process
    from masking.pipeline.dry_run import describe, dry_run
    from masking.pipeline.engines.interruption import ending_at_once

    config = stage.settled(config)
    stage.check(config)
    set_up_process()
    listen_to_log(console)
    console.mention(f"Loading the models, and trying {tried} ...")
    with ending_at_once():
        forecast = dry_run(stage, config, verify=options.verify, force=options.force)
    for line in describe(stage, config, forecast):
        console.say(printable(line))
    if remark:
        console.say(f"        {remark}")
    for line in stage.choices(config):
        console.say(f"Model:  {printable(line)}")
    for line in stage.warnings(config):
        console.say(f"Note:   {line}")
    for line in stage.stand_ins(config):
        console.say(printable(line))
    console.result(**forecast.facts(config))
    return ExitCode.ALL_DONE
