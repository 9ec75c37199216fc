"""Chains that belong to no instance: many may write to them at once."""

from __future__ import annotations

import threading

from engine import audit, history
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine


def test_two_who_begin_the_same_chain_at_once_both_get_their_event(engine: ProcessEngine) -> None:
    together = threading.Barrier(4)
    failures: list[Exception] = []

    def note(number: int) -> None:
        together.wait()
        try:
            engine.run(SYSTEM_ACTOR, history.record, "access:case", "read", {"number": number})
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=note, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    result = engine.read(SYSTEM_ACTOR, audit.verify, "access:case")
    assert failures == []
    assert (result.events, result.faults) == (4, [])
