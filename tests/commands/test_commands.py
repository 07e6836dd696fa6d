"""What all commands have in common."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from batch_process import main as batch_process
from masking.commands import COMMANDS
from masking.commands.console import Console
from masking.commands.main import build_parser, main
from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ExitCode
from masking.core.terminal import mention

Captured = pytest.CaptureFixture[str]


def folders(query: Path, tmp_path: Path) -> list[str]:
    return ["--input-folder", str(query), "--output-folder", str(tmp_path / "output")]


def test_help_names_every_command_and_exit_code(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in said] == []
    assert [code.value for code in ExitCode if f"  {code.value}  " not in said] == []


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_explains_itself(command: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "usage:" in capsys.readouterr().out


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"completion"}))
def test_each_command_has_the_same_ways_of_speaking(command: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    said = capsys.readouterr().out
    assert [option for option in ("--quiet", "--verbose", "--json") if option not in said] == []


@pytest.mark.parametrize("start", [main, batch_process])
def test_a_command_is_the_same_under_both_names(
    start: object, query_folder: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert start(["mask", *folders(query_folder, tmp_path)]) == ExitCode.ALL_DONE  # type: ignore[operator]
    assert "Done: 6 images" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--doctor", "--dry-run"], ["--dry-run", "--image", "x.png"], ["--pairs", "a", "b", "--doctor"],
        ["--write-config", "--image", "x.png"], ["--quiet", "--verbose"], ["--doctor", "--force"],
        ["--pairs", "a", "b", "--verify"], ["--image", "x.png", "--force"],
    ],
)  # fmt: skip
def test_flags_that_exclude_one_another_say_so(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        batch_process(arguments)
    assert ended.value.code == ExitCode.USAGE
    assert "not allowed with" in capsys.readouterr().err


def test_json_is_one_line_a_result_and_all_else_goes_to_standard_error(
    query_folder: Path, tmp_path: Path, capsys: Captured
) -> None:
    (query_folder / "Eileen_Collins" / "1" / "empty_prep.png").touch()
    assert batch_process([*folders(query_folder, tmp_path), "--json"]) == ExitCode.SOME_NOT_DONE
    said = capsys.readouterr()
    results = [json.loads(line) for line in said.out.splitlines()]
    assert [result["status"] for result in results].count("masked") == 6
    (refused,) = (result for result in results if result["status"] != "masked")
    assert (refused["name"], refused["status"]) == ("empty_prep.png", "unreadable")
    assert results[0]["details"]["masked_faces"] == 1
    assert "Done: 7 images" in said.err


def test_json_of_a_forecast_of_pairs_and_of_model_files(query_folder: Path, tmp_path: Path, capsys: Captured) -> None:
    batch_process(folders(query_folder, tmp_path))
    capsys.readouterr()
    batch_process([*folders(query_folder, tmp_path), "--dry-run", "--json"])
    forecast = json.loads(capsys.readouterr().out)
    assert (forecast["items"], forecast["done"], forecast["to_do"]) == (6, {"masked": 6}, 0)
    output = str(tmp_path / "output")
    main(["pairs", output, output, "--json"])
    assert [json.loads(line)["identity"] for line in capsys.readouterr().out.splitlines()] == [
        "Eileen_Collins",
        "Grace_Hopper",
    ]
    main(["doctor", "--json"])
    assert {json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()} == {"missing"}
    main(["audit", str(query_folder), "--json"])
    assert capsys.readouterr().out == ""


def test_quiet_says_nothing_but_errors(query_folder: Path, tmp_path: Path, capsys: Captured) -> None:
    assert batch_process([*folders(query_folder, tmp_path), "--quiet"]) == ExitCode.ALL_DONE
    assert capsys.readouterr() == ("", "")
    assert batch_process([*folders(tmp_path / "none", tmp_path), "--quiet"]) == ExitCode.USAGE
    assert "does not exist" in capsys.readouterr().err


def test_verbose_says_each_outcome(query_folder: Path, tmp_path: Path, capsys: Captured) -> None:
    batch_process([*folders(query_folder, tmp_path), "--verbose"])
    assert capsys.readouterr().err.count(": masked") == 6


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_names_commands_and_options(shell: str, capsys: Captured) -> None:
    assert main(["completion", shell]) == ExitCode.ALL_DONE
    said = capsys.readouterr().out
    assert "batch-process" in said
    assert [word for word in ("dry-run", "--output-folder") if word not in said] == []


def test_help_comes_without_loading_what_the_work_needs() -> None:
    code = (
        "import sys, io, contextlib; from masking.commands.main import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main(['--help'])\n"
        "print(sorted({'numpy', 'cv2', 'pydantic', 'scipy', 'distributed', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_parser_can_be_built_for_any_name() -> None:
    assert build_parser("batch-process").prog == "batch-process"


def test_quiet_holds_for_what_is_mentioned_deep_inside_and_until_the_next_command(capsys: Captured) -> None:
    quiet = build_parser().parse_args(["doctor", "--quiet"])
    Console.of(quiet)
    mention("Converting ...")
    code = "from masking.core.terminal import mention; mention('in a process of its own')"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PROJECT_FOLDER)
    Console.of(build_parser().parse_args(["doctor"]))
    mention("said")
    assert capsys.readouterr().err == "said\n"
