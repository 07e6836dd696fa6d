"""The account of one item: every ending has a status and a reason, and nothing of it costs another item."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from masking.core.errors import ModelFileError, NoFaceError, PublishError
from masking.core.file_state import FileState
from masking.pipeline.attempt import Attempt, NoDetails
from masking.pipeline.outcome import FAILED
from tests.pipeline.toy import Text

STATE = FileState(b"\1" * 32, 5, 1)
TEXT = Text("Ada", "1", Path("query/Ada/1/a.txt"))


@pytest.fixture
def attempt() -> Attempt[Text, NoDetails]:
    return Attempt(TEXT, NoDetails())


def test_an_item_has_failed_until_the_stage_says_otherwise(attempt: Attempt[Text, NoDetails]) -> None:
    assert (attempt.outcome.status, attempt.outcome.relative_path) == (FAILED, "Ada/1/a.txt")
    attempt.status, attempt.source, attempt.outputs = "shouted", STATE, {"shouts/*.txt": STATE}
    outcome = attempt.outcome
    assert (outcome.status, outcome.reason, outcome.source, outcome.outputs) == (
        "shouted", "", STATE, {"shouts/*.txt": STATE},
    )  # fmt: skip


def test_an_error_about_the_item_gives_status_and_reason(attempt: Attempt[Text, NoDetails]) -> None:
    with attempt.alone():
        raise NoFaceError("nobody is there")
    assert (attempt.outcome.status, attempt.outcome.reason) == ("no_face", "nobody is there")
    assert isinstance(attempt.error, NoFaceError)


def test_any_other_error_is_a_failure_that_the_log_explains(
    attempt: Attempt[Text, NoDetails], caplog: pytest.LogCaptureFixture
) -> None:
    with attempt.alone():
        raise ZeroDivisionError("by nought")
    assert (attempt.outcome.status, attempt.outcome.reason) == (FAILED, "ZeroDivisionError: by nought")
    (record,) = caplog.records
    assert record.getMessage() == f"{TEXT.path} failed"
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_what_is_wrong_with_a_model_is_no_fault_of_the_item(attempt: Attempt[Text, NoDetails]) -> None:
    with pytest.raises(ModelFileError), attempt.alone():
        raise ModelFileError("model.onnx", "is damaged", "Download it again")
    assert attempt.error is None


def test_the_time_of_a_step_adds_up_even_where_it_ends_in_an_error(attempt: Attempt[Text, NoDetails]) -> None:
    with attempt.alone(), attempt.step("read"):
        time.sleep(0.01)
        raise NoFaceError("nobody is there")
    attempt.add_seconds("read", 2.0)
    attempt.add_seconds("prove", 3.0)
    outcome = attempt.outcome
    assert list(outcome.step_seconds) == ["read", "prove"]
    assert 2.01 <= outcome.step_seconds["read"] < 3.0
    assert outcome.seconds == sum(outcome.step_seconds.values())


def test_what_has_been_withdrawn_is_no_output_any_more(attempt: Attempt[Text, NoDetails]) -> None:
    attempt.outputs, attempt.status, attempt.reason = {"shouts/*.txt": STATE}, "silent", "it says nothing"
    removed: list[Text] = []
    attempt.withdraw(removed.append)
    assert removed == [TEXT]
    assert (attempt.outcome.outputs, attempt.outcome.status, attempt.outcome.reason) == (
        {},
        "silent",
        "it says nothing",
    )


def test_a_file_that_stays_is_a_failure_whatever_the_item_was_found_to_be(attempt: Attempt[Text, NoDetails]) -> None:
    def refuse(item: Text) -> None:
        raise PublishError(f"{item.name} can't be removed")

    attempt.status, attempt.reason = "silent", "it says nothing"
    attempt.withdraw(refuse)
    assert attempt.outcome.status == FAILED
    assert attempt.outcome.reason == "it says nothing; and a.txt can't be removed"
    attempt.withdraw(refuse)
    assert attempt.outcome.reason == "it says nothing; and a.txt can't be removed", "said once"
