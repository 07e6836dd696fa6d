"""INI file + command options -> Config, or every fault in them at once."""

from __future__ import annotations

import configparser
import dataclasses
import difflib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from masking.core.config.options import SECTIONS, Config, Section, all_sections
from masking.core.errors import ConfigError

INPUT_NAME = "{INPUT_NAME}"
"""In OUTPUT_FOLDER: stands for the name of the input folder, so that query and database get an output folder each."""


@dataclass(frozen=True)
class Setting:
    """One value as it was given: where it stands, and the folder that a relative path in it starts from."""

    text: str
    origin: str
    base_folder: Path


Settings = dict[str, dict[str, Setting]]


def load_config(
    ini_file: Path | None,
    overrides: Iterable[tuple[str, str, str]] = (),
    working_folder: Path | None = None,
    check_folders: bool = True,
) -> Config:
    """Read `ini_file` (None: defaults only), lay `overrides` over it and check the whole.

    overrides: (option as the user typed it, `SECTION.KEY`, value), later ones win. Paths in the INI start at the
    INI's folder, paths in overrides at `working_folder` (default: the current one). check_folders: whether the folders
    must be fit for a run over a tree.
    Raises ConfigError with every fault found.
    """
    working_folder = working_folder or Path.cwd()
    problems: list[str] = []
    settings: Settings = {}
    if ini_file is not None:
        _read_ini(ini_file, settings, problems)
    for option, name, value in overrides:
        section, separator, key = name.partition(".")
        if not separator or not key.strip():
            problems.append(f"{option} {name}: expected SECTION.KEY=VALUE, as in RENDERING.MIN_COVERAGE=0.9")
            continue
        setting = Setting(value.strip(), f"{option} {name}={value}" if option == "--set" else option, working_folder)
        settings.setdefault(section.strip().upper(), {})[key.strip().upper()] = setting
    _report_unknown_names(settings, problems)
    _fill_in_input_name(settings)
    if check_folders:
        _check_folders(settings, problems)
    config = _validate(settings, problems, ini_file)
    if problems or config is None:
        raise ConfigError(problems)
    return config


def _read_ini(ini_file: Path, settings: Settings, problems: list[str]) -> None:
    # With Python's own default_section every [DEFAULT] key would also turn up in all other sections.
    parser = configparser.ConfigParser(interpolation=None, default_section="\0")
    parser.optionxform = str.upper  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(ini_file.read_text(encoding="utf-8-sig"), source=str(ini_file))
    except OSError as error:
        problems.append(f"{ini_file}: can't be read: {error.strerror}. Name another file with --config FILE")
        return
    except (UnicodeDecodeError, configparser.Error) as error:
        problems.append(f"{ini_file}: is not a valid INI file: {' '.join(str(error).split())}")
        return
    for section in parser.sections():
        for key, value in parser.items(section):
            origin = f"{ini_file}: [{section}] {key}"
            setting = Setting(value.strip(), origin, ini_file.absolute().parent)
            settings.setdefault(section.upper(), {})[key] = setting


def _did_you_mean(name: str, valid: Iterable[str]) -> str:
    valid = list(valid)
    nearest = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    return f"did you mean {nearest[0]}?" if nearest else f"valid are {', '.join(valid)}"


def _keys(section: str) -> list[str]:
    return [name.upper() for name in all_sections()[section].model_fields]


def _report_unknown_names(settings: Settings, problems: list[str]) -> None:
    sections = all_sections()
    for section, entries in settings.items():
        for key, setting in entries.items():
            if section not in sections:
                problems.append(f"{setting.origin}: unknown section {section}, {_did_you_mean(section, sections)}")
            elif key not in _keys(section):
                homes = [other for other in sections if key in _keys(other)]
                hint = f"it belongs in [{homes[0]}]" if homes else _did_you_mean(key, _keys(section))
                problems.append(f"{setting.origin}: unknown key {key} in [{section}], {hint}")


def _fill_in_input_name(settings: Settings) -> None:
    given = settings.get("DEFAULT", {})
    source, target = given.get("INPUT_FOLDER"), given.get("OUTPUT_FOLDER")
    if source and target and source.text:
        text = target.text.replace(INPUT_NAME, _absolute(source).name)
        given["OUTPUT_FOLDER"] = dataclasses.replace(target, text=text)


def _validate(settings: Settings, problems: list[str], ini_file: Path | None) -> Config | None:
    sections: dict[str, Section] = {}
    for name, section_type in all_sections().items():
        given = {key: setting for key, setting in settings.get(name, {}).items() if key in _keys(name)}
        values = {}
        for key, setting in given.items():
            is_path = section_type.model_fields[key.lower()].annotation is Path
            values[key] = _absolute(setting) if is_path and setting.text else setting.text
        try:
            sections[name] = section_type.model_validate(values)
        except ValidationError as error:
            problems.extend(_describe(detail, name, given, ini_file) for detail in error.errors())
    if problems:
        return None
    known = {field: sections[name] for field, name in zip(Config.model_fields, SECTIONS, strict=False)}
    parts = {name.lower(): section for name, section in sections.items() if name not in SECTIONS}
    return Config.model_validate({**known, "parts": parts})


def _absolute(setting: Setting) -> Path:
    path = Path(setting.text)
    with suppress(RuntimeError):  # ~name, where nobody has that name, is a folder that is called so
        path = path.expanduser()
    # normpath and not resolve: a message should show the path that the user knows.
    return Path(os.path.normpath(setting.base_folder / path))


def _describe(detail: ErrorDetails, section: str, given: Mapping[str, Setting], ini_file: Path | None) -> str:
    key = str(detail["loc"][0])
    if detail["type"] == "missing":
        option = f"--{key.lower().replace('_', '-')}"
        hint = f"give it in the INI or as {option} DIR"
        if ini_file is None:
            hint = f"give it as {option} DIR, or in an INI, which --write-config writes"
        return f"{ini_file or 'command line'}: [{section}] {key} is missing; {hint}"
    expected = detail["msg"].removeprefix("Input should be ")
    return f"{given[key].origin}: {given[key].text!r} is not valid, expected {expected}"


def _check_folders(settings: Settings, problems: list[str]) -> None:
    given = settings.get("DEFAULT", {})
    folders = {key: _absolute(setting) for key, setting in given.items()}
    for key in ("INPUT_FOLDER", "OUTPUT_FOLDER"):
        if key in given and not given[key].text:
            problems.append(f"{given[key].origin}: {key} is empty; name a folder")
            return
    source, target = folders.get("INPUT_FOLDER"), folders.get("OUTPUT_FOLDER")
    if source is not None and not source.is_dir():
        what = "is not a folder" if source.exists() else "does not exist"
        problems.append(f"{given['INPUT_FOLDER'].origin}: INPUT_FOLDER {source} {what}")
    if target is not None and target.exists() and not target.is_dir():
        problems.append(f"{given['OUTPUT_FOLDER'].origin}: OUTPUT_FOLDER {target} is not a folder")
    if source is None or target is None:
        return
    real_source, real_target = source.resolve(), target.resolve()
    if real_source == real_target or real_source in real_target.parents or real_target in real_source.parents:
        problems.append(
            f"{given['OUTPUT_FOLDER'].origin}: OUTPUT_FOLDER {target} and INPUT_FOLDER {source} overlap; "
            "choose folders of which neither lies in the other"
        )
