"""The first signal asks, the second one insists."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from masking.pipeline.engines.interruption import SIGNALS, Interruption


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_a_request_and_the_second_ends_it_at_once(number: signal.Signals) -> None:
    interruption = Interruption()
    with interruption.listening():
        os.kill(os.getpid(), number)
        assert interruption.requested
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with Interruption().listening():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_beside_the_main_thread_nothing_is_touched() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    seen: list[object] = []

    def listen() -> None:
        with Interruption().listening():
            seen.extend(signal.getsignal(number) for number in SIGNALS)

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert seen == before
