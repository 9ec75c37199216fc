"""Eight threads decide while the table is swapped again and again; memory must stay flat over many decisions.

python -m bench.hot_swap
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from bench.expressions import ENVIRONMENT
from bench.tables import table
from engine.dmn.decision import CompiledModel

SWAPS, THREADS, DECISIONS = 500, 8, 200_000


def resident_mebibytes() -> float:
    """Returns the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def run(swaps: int = SWAPS, decisions: int = DECISIONS) -> dict[str, Any]:
    """Returns how many decisions were made during the swaps, every wrong answer, and the growth of memory after."""
    current: list[tuple[int, CompiledModel]] = [(1, table(10))]
    stopping, wrong, made = threading.Event(), list[str](), [0] * THREADS

    def decide(number: int) -> None:
        while not stopping.is_set():
            factor, model = current[0]
            amount = made[number] * 37 % 1000
            result = model.decide("bench", {"amount": amount, "segment": "A"}, ENVIRONMENT)
            if result.output != amount // 100 * factor:
                wrong.append(f"{amount} gave {result.output} under factor {factor}")
            made[number] += 1

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for factor in range(2, swaps + 2):
        old = current[0][1]
        current[0] = (factor, table(10, factor=factor))
        old.close()
    stopping.set()
    for thread in threads:
        thread.join()
    return {"swaps": swaps, "decided_meanwhile": sum(made), "wrong": wrong[:5], **_memory(current[0][1], decisions)}


def _memory(model: CompiledModel, decisions: int) -> dict[str, float]:
    for warm in range(20_000):
        model.decide("bench", {"amount": warm % 1000, "segment": "A"}, ENVIRONMENT)
    before = resident_mebibytes()
    for number in range(decisions):
        model.decide("bench", {"amount": number % 1000, "segment": "B"}, ENVIRONMENT)
    return {"decisions": decisions, "grown_mebibytes": round(resident_mebibytes() - before, 1)}


if __name__ == "__main__":
    print(run())
