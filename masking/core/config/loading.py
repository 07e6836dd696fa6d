"""INI file + command options -> Config, or every fault in them at once."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from masking.core.config.ini_file import plain_value, read_ini
from masking.core.config.options import FREE_TEXT, PROJECT_FOLDER, SECTIONS, Config, Section, all_sections
from masking.core.config.presets import is_default, settings_of
from masking.core.errors import ConfigError
from masking.core.unicode_names import composed

PLACEHOLDER = re.compile(r"\{[A-Za-z_ ]+\}")
DECIMAL_COMMA = re.compile(r"^(-?[0-9]+),([0-9]+)$")
SWALLOWED_KEY = re.compile(r"^\s*(\w+)\s*[=:]", re.MULTILINE)
"""In a value of several lines: what was meant as a line of its own."""
VARIABLE = re.compile(r"\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\})")
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
    INI's folder, paths in overrides at `working_folder` (default: the current one). A preset goes before the INI's
    defaults, and after all else. check_folders: whether the folders must be fit for a run over a tree.
    Raises ConfigError with every fault found.
    """
    working_folder = working_folder or Path.cwd()
    problems: list[str] = []
    settings: Settings = {}
    excused: set[tuple[str, str]] = set()
    if ini_file is not None:
        excused |= _read_ini(ini_file, settings, problems)
    overridden: set[tuple[str, str]] = set()
    for option, name, value in overrides:
        section, separator, key = name.partition(".")
        if not separator or not key.strip():
            problems.append(f"{option} {name}: expected SECTION.KEY=VALUE, as in RENDERING.MIN_COVERAGE=0.9")
            continue
        setting = Setting(value.strip(), f"{option} {name}={value}" if option == "--set" else option, working_folder)
        place = section.strip().upper(), key.strip().upper()
        settings.setdefault(place[0], {})[place[1]] = setting
        overridden.add(place)
    _lay_under_preset(settings, overridden)
    excused |= _report_unknown_names(settings, problems)
    _fill_in_names(settings, problems)
    _check_model_paths(settings, problems)
    if check_folders:
        _check_folders(settings, problems)
    config = _validate(settings, problems, ini_file, excused)
    if problems or config is None:
        raise ConfigError(problems)
    return config


def _lay_under_preset(settings: Settings, overridden: Collection[tuple[str, str]]) -> None:
    """Give the keys of the preset that is named its values, but where the user has said something else."""
    named = settings.get("OUTPUT", {}).get("PRESET")
    if named is None:
        return
    for section, key, value in settings_of(named.text):
        given = settings.setdefault(section, {}).get(key)
        if (section, key) not in overridden and (given is None or is_default(section, key, given.text)):
            settings[section][key] = dataclasses.replace(named, text=value)


def _read_ini(ini_file: Path, settings: Settings, problems: list[str]) -> set[tuple[str, str]]:
    """The section and key of each value that nobody can tell, which is therefore not missing."""
    unclear: set[tuple[str, str]] = set()
    sections = all_sections()
    for section, key, raw in read_ini(ini_file):
        origin = f"{ini_file}: [{section}] {key}"
        setting = Setting(raw, origin, ini_file.absolute().parent)
        is_text = _is_text(sections.get(section.upper()), key)
        if not (is_text and raw and _absolute(setting).exists()):
            try:
                setting = dataclasses.replace(setting, text=plain_value(raw, is_text=is_text))
            except ValueError as error:
                problems.append(f"{origin} {error}")
                unclear.update((section.upper(), name.upper()) for name in [key, *SWALLOWED_KEY.findall(raw)])
                continue
        settings.setdefault(section.upper(), {})[key] = setting
    return unclear


def _is_text(section: type[Section] | None, key: str) -> bool:
    """Whether the value may hold whatever a path may."""
    field = section.model_fields.get(key.lower()) if section else None
    return field is None or field.annotation is Path or field.json_schema_extra == FREE_TEXT


def _did_you_mean(name: str, valid: Iterable[str]) -> str:
    valid = list(valid)
    nearest = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    return f"did you mean {nearest[0]}?" if nearest else f"valid are {', '.join(valid)}"


def _report_unknown_names(settings: Settings, problems: list[str]) -> set[tuple[str, str]]:
    """The section and key of each option that seems to be meant by an unknown name, and is therefore not missing."""
    sections = all_sections()
    keys = {name: [key.upper() for key in section.model_fields] for name, section in sections.items()}
    meant: set[tuple[str, str]] = set()
    for section, entries in settings.items():
        if section not in sections:
            first = next(iter(entries.values()))
            problems.append(f"{first.origin}: unknown section {section}, {_did_you_mean(section, sections)}")
            nearest = difflib.get_close_matches(section, sections, n=1, cutoff=0.5)
            meant.update((name, key) for name in nearest for key in entries)
            continue
        for key, setting in entries.items():
            if key not in keys[section]:
                nearest = difflib.get_close_matches(key, keys[section], n=1, cutoff=0.5)
                meant.update((section, name) for name in nearest)
                homes = [other for other in sections if key in keys[other]]
                hint = f"it belongs in [{homes[0]}]" if homes else _did_you_mean(key, keys[section])
                problems.append(f"{setting.origin}: unknown key {key} in [{section}], {hint}")
    return meant


def _fill_in_names(settings: Settings, problems: list[str]) -> None:
    """Put environment variables into all paths, and the input folder's name into OUTPUT_FOLDER."""
    sections = all_sections()
    for section, entries in settings.items():
        for key, setting in entries.items():
            field = sections[section].model_fields.get(key.lower()) if section in sections else None
            if field is not None and field.annotation is Path:
                entries[key] = _with_variables(setting, problems)
    given = settings.get("DEFAULT", {})
    source, target = given.get("INPUT_FOLDER"), given.get("OUTPUT_FOLDER")
    if target is None:
        return
    unknown = [name for name in PLACEHOLDER.findall(target.text) if name != INPUT_NAME]
    if unknown:
        problems.append(f"{target.origin}: OUTPUT_FOLDER holds {unknown[0]}; only {INPUT_NAME} is filled in")
    elif source and source.text:
        text = target.text.replace(INPUT_NAME, _absolute(source).name)
        given["OUTPUT_FOLDER"] = dataclasses.replace(target, text=text)


def _with_variables(setting: Setting, problems: list[str]) -> Setting:
    text = os.path.expandvars(setting.text)
    if (missing := VARIABLE.search(text)) and not _is_there_already(setting, text):
        problems.append(
            f"{setting.origin}: {missing[0]} looks like an environment variable, but there is none of this name"
        )
    return dataclasses.replace(setting, text=text)


def _is_there_already(setting: Setting, text: str) -> bool:
    """Whether a file or folder has this odd name; not OUTPUT_FOLDER, which earlier versions made of any name."""
    is_output = "OUTPUT_FOLDER" in setting.origin or "--output-folder" in setting.origin
    return not is_output and _absolute(dataclasses.replace(setting, text=text)).exists()


def _validate(
    settings: Settings, problems: list[str], ini_file: Path | None, excused: Collection[tuple[str, str]]
) -> Config | None:
    """excused: section and key of options that are not there because of a fault that has been reported."""
    sections: dict[str, Section] = {}
    for name, section_type in all_sections().items():
        fields = section_type.model_fields
        given = {key: setting for key, setting in settings.get(name, {}).items() if key.lower() in fields}
        values = {}
        for key, setting in given.items():
            kind = section_type.model_fields[key.lower()].annotation
            values[key] = _absolute(setting) if kind is Path and setting.text else setting.text
            if kind is float:
                values[key] = DECIMAL_COMMA.sub(r"\1.\2", setting.text)
        try:
            sections[name] = section_type.model_validate(values)
        except ValidationError as error:
            problems.extend(
                _describe(detail, name, given, ini_file)
                for detail in error.errors()
                if detail["type"] != "missing" or (name, str(detail["loc"][0])) not in excused
            )
    if problems:
        return None
    known = {field: sections[name] for field, name in zip(Config.model_fields, SECTIONS, strict=False)}
    parts = {name.lower(): section for name, section in sections.items() if name not in SECTIONS}
    return Config.model_validate({**known, "parts": parts})


def _absolute(setting: Setting) -> Path:
    path = Path(setting.text)
    with suppress(RuntimeError, ValueError):  # ~name, where nobody has or can have that name, is a folder called so
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


def _check_model_paths(settings: Settings, problems: list[str]) -> None:
    """A path that the user wrote must lead somewhere; a default, in an INI too, may be empty.

    The INI that this project writes names every default: where it was copied to another folder, what it says of a path
    that isn't there stands for the default itself.
    """
    for section, key, default in _model_paths():
        setting = settings.get(section, {}).get(key)
        if setting is None or not setting.text or (path := _absolute(setting)) == default or _leads_somewhere(path):
            continue
        if setting.text == default.relative_to(PROJECT_FOLDER).as_posix():
            del settings[section][key]
        else:
            problems.append(f"{setting.origin}: {key} {path} does not exist{_sibling_hint(path)}")


def _model_paths() -> Iterator[tuple[str, str, Path]]:
    for section, section_type in SECTIONS.items():
        for name, field in section_type.model_fields.items():
            if isinstance(field.default, Path):
                yield section, name.upper(), field.default


def _leads_somewhere(path: Path) -> bool:
    """Whether `path` is there, or begins the names of files, as a checkpoint's prefix does."""
    try:
        return path.exists() or any(name.startswith(f"{path.name}.") for name in os.listdir(path.parent))  # noqa: PTH208
    except OSError:
        return False


def _sibling_hint(path: Path) -> str:
    try:
        nearest = difflib.get_close_matches(path.name, os.listdir(path.parent), n=1)  # noqa: PTH208
    except OSError:
        return f"; nor does {path.parent}" if not path.parent.exists() else ""
    return f"; did you mean {path.parent / nearest[0]}?" if nearest else ""


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
    if source is None or target is None or not source.is_dir():
        return
    real_source, real_target = (Path(composed(str(folder.resolve()))) for folder in (source, target))
    if real_source == real_target or real_source in real_target.parents or real_target in real_source.parents:
        problems.append(
            f"{given['OUTPUT_FOLDER'].origin}: OUTPUT_FOLDER {target} and INPUT_FOLDER {source} overlap; choose "
            "folders that don't contain one another"
        )
