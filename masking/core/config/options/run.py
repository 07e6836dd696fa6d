"""Options of how the work is done."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from masking.core.config.options.section import NO_EFFECT_ON_OUTPUTS, Section


class RunOptions(Section):
    """[RUN]: how the work is done."""

    workers: Annotated[
        int,
        Field(
            ge=1,
            le=1024,
            description="Processes that mask images side by side, one thread each. 1 is the command's own process.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = 1
    scheduler: Annotated[
        str,
        Field(
            pattern=r"^$|^[a-z]+://\S+$",
            description="Address of a running Dask cluster whose nodes see the same folders, such as "
            "tcp://node1:8786; its workers are then used, whatever WORKERS says. Empty: none.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = ""
    unencrypted_scheduler: Annotated[
        bool,
        Field(
            description="Use another machine's SCHEDULER without TLS: whoever reaches it can run code on its workers.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = False
    resources: Annotated[
        str,
        Field(
            pattern=r"^$|^\w+=[0-9.]+(, *\w+=[0-9.]+)*$",
            description="Dask resources that a chunk of images needs, such as GPU=1. Only for SCHEDULER.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = ""
    chunk_size: Annotated[
        int,
        Field(
            ge=1,
            le=1024,
            description="Images that a worker is given at a time.",
            json_schema_extra=NO_EFFECT_ON_OUTPUTS,
        ),
    ] = 16
    max_megapixels: Annotated[
        float, Field(gt=0, le=178, description="Images of more than this many million pixels are refused.")
    ] = 64.0
