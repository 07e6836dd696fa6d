"""Re-identification from Python, as the command does it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

from masking.core.config import Config, Setting, load_config, settings_by_key
from masking.core.process import set_up_process
from masking.pipeline.output_folder import make_output_folder
from masking.reidentification.results import write_results
from masking.reidentification.run import Result, Trees, compare_trees

Folder: TypeAlias = "str | os.PathLike[str]"


def reidentify(
    query: Folder,
    database: Folder,
    output_folder: Folder | None = None,
    cross_mask: Folder | None = None,
    config: Folder | None = None,
    **settings: Setting,
) -> Result:
    """Ask whether the people of `query` can be recognised among those of `database`.

    Both are masked trees, or the OUTPUT_FOLDERs of the runs that masked them; cross_mask: another such run of the query
    by another reconstructor. `result.study.rows` holds every line of the table; output_folder gets the same files as
    the command's, none without. settings: any key of the INI in lower case, as `recognisers="dlib"`; config: an INI.
    Raises ConfigError, EmptyTreeError where nobody can be compared, ModelFileError or MissingPackageError where a
    recogniser can't be loaded, OutputFolderError where nothing can be written.
    """
    set_up_process()
    folders = Trees(Path(query), Path(database), Path(cross_mask) if cross_mask else None)
    chosen = _configuration(config, settings, folders.query, Path(output_folder or ""))
    result = compare_trees(folders, chosen)
    if output_folder:
        make_output_folder(chosen.folders.output_folder)
        write_results(result)
    return result


def _configuration(ini: Folder | None, settings: dict[str, Setting], query: Path, output_folder: Path) -> Config:
    folders = [
        ("query", "DEFAULT.INPUT_FOLDER", str(query)),
        ("output_folder", "DEFAULT.OUTPUT_FOLDER", str(output_folder)),
    ]
    overrides = [*folders, *settings_by_key(settings)]
    return load_config(Path(ini) if ini else None, overrides, check_folders=False)
