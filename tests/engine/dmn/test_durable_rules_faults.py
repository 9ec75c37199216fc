"""The faults of durable_rules 2.0.28 that the rules of `engine.dmn.durable` guard against, one by one.

A new release that changes one of them fails here first. Faults that take the process down run in a child.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import durable_rules_engine as core
import pytest

SENTINEL = {"end": {"all": [{"m": {"kind": "case"}}], "pri": 9999}}


def row(*tests: dict[str, Any], priority: int = 1) -> dict[str, Any]:
    return {"all": [{"m": {"$and": [{"kind": "case"}, *tests]}}], "pri": priority}


def fire(rules: dict[str, Any], fact: dict[str, Any]) -> list[str]:
    """Asserts one fact in a session of its own and returns the rules that fire."""
    handle = core.create_ruleset("seam", json.dumps({**SENTINEL, **rules}))
    code, offset = core.assert_fact(handle, json.dumps({"sid": "s", "kind": "case", **fact}))
    assert code == 0
    fired = []
    pending = core.start_action_for_state(handle, offset)[1]
    while pending:
        fired.append(next(iter(json.loads(pending))))
        pending = core.complete_and_start_action(handle, offset)
    core.delete_state(handle, "s")
    core.delete_ruleset(handle)
    return fired


def in_a_child(code: str, timeout_seconds: float = 10) -> int | None:
    """Runs code in a child process; returns its exit code, or None if it had to be stopped."""
    preamble = "import durable_rules_engine as core, json\nSENTINEL = " + repr(SENTINEL) + "\n"
    try:
        done = subprocess.run(
            [sys.executable, "-c", preamble + code], capture_output=True, timeout=timeout_seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    return done.returncode


def test_deleting_a_session_in_which_nothing_fired_corrupts_memory() -> None:
    code = """
for k in range(200):
    handle = core.create_ruleset(f"x{k}", '{"r": {"all": [{"m": {"a": 1}}]}}')
    junk = [bytes([255]) * n for n in range(100, 6000, 50)]
    del junk
    for i in range(20):
        core.assert_fact(handle, '{"sid": "%d", "a": 2}' % i)
    for i in range(20):
        core.delete_state(handle, str(i))
"""
    exit_code = in_a_child(code)

    assert exit_code is not None
    assert exit_code < 0


def test_two_sessions_whose_names_share_a_32_bit_hash_share_their_state() -> None:
    rules = {"two": {"all": [{"first": {"k": 1}}, {"second": {"k": 2}}]}}
    handle = core.create_ruleset("collision", json.dumps(rules))

    core.assert_fact(handle, '{"sid": "4eec63d480", "k": 1}')
    _, offset = core.assert_fact(handle, '{"sid": "0875f77f3c", "k": 2}')

    assert "two" in core.start_action_for_state(handle, offset)[1]


def test_a_ruleset_holds_1024_sessions_and_no_more() -> None:
    handle = core.create_ruleset("many", json.dumps(SENTINEL))
    for number in range(1024):
        core.assert_fact(handle, json.dumps({"sid": f"s{number}", "kind": "case"}))

    with pytest.raises(MemoryError):
        core.assert_fact(handle, '{"sid": "one more", "kind": "case"}')


def test_more_than_64_rows_that_pass_one_level_are_an_error() -> None:
    def rules(count: int) -> dict[str, Any]:
        return {f"r{n}": row({"$gte": {"a": -n}}) for n in range(count)}

    assert len(fire(rules(63), {"a": 5})) == 64
    handle = core.create_ruleset("crowd", json.dumps({**SENTINEL, **rules(70)}))
    with pytest.raises(core.error, match="303"):
        core.assert_fact(handle, '{"sid": "s", "kind": "case", "a": 5}')


def test_600_distinct_tests_under_one_node_never_return() -> None:
    code = """
rules = {f"r{n}": {"all": [{"m": {"$and": [{"kind": "case"}, {"a": n}]}}], "pri": n + 1} for n in range(600)}
handle = core.create_ruleset("wide", json.dumps({**SENTINEL, **rules}))
core.assert_fact(handle, '{"sid": "s", "kind": "case", "a": -5}')
"""
    assert in_a_child(code, timeout_seconds=3) is None


def test_a_missing_field_without_a_guard_matches_the_engines_own_facts() -> None:
    without_guard = {"r": {"all": [{"m": {"$nex": {"a": 1}}}], "pri": 1}}

    assert fire(without_guard, {"b": 5}).count("r") == 2
    assert fire({"r": row({"$nex": {"a": 1}})}, {"b": 5}).count("r") == 1


def test_a_division_by_zero_in_a_rule_kills_the_process() -> None:
    code = """
rule = {"all": [{"m": {"$and": [{"kind": "case"}, {"$gt": {"a": {"$div": {"$l": {"$m": "b"}, "$r": {"$m": "c"}}}}}]}}]}
handle = core.create_ruleset("division", json.dumps({"r": rule, **SENTINEL}))
core.assert_fact(handle, '{"sid": "s", "kind": "case", "a": 5, "b": 1, "c": 0}')
"""
    exit_code = in_a_child(code)

    assert exit_code is not None
    assert exit_code < 0


@pytest.mark.parametrize(("wanted", "given"), [(1, True), (True, "true")])
def test_values_of_different_types_are_equal(wanted: object, given: object) -> None:
    assert "r" in fire({"r": row({"a": wanted})}, {"a": given})


def test_a_text_is_greater_than_a_number() -> None:
    assert "r" in fire({"r": row({"$gt": {"a": 5}})}, {"a": "9"})


@pytest.mark.parametrize("number", [1e-7, 1e22])
def test_a_number_in_exponent_notation_is_an_error(number: float) -> None:
    handle = core.create_ruleset(f"exponent{number}", json.dumps(SENTINEL))
    with pytest.raises(core.error, match="204"):
        core.assert_fact(handle, json.dumps({"sid": "s", "kind": "case", "a": number}))


def test_a_comparison_with_null_is_silently_no_match() -> None:
    assert fire({"r": row({"$lt": {"a": 5}})}, {"a": None}) == ["end"]


def test_a_fact_of_more_than_254_fields_is_an_error() -> None:
    handle = core.create_ruleset("fields", json.dumps(SENTINEL))
    with pytest.raises(core.error, match="302"):
        core.assert_fact(handle, json.dumps({"sid": "s", "kind": "case", **{f"f{n}": 1 for n in range(260)}}))


def test_a_fact_that_matches_nothing_or_comes_twice_has_a_code() -> None:
    handle = core.create_ruleset("codes", json.dumps(SENTINEL))

    assert core.assert_fact(handle, '{"sid": "s", "kind": "other"}')[0] == 1
    assert core.assert_fact(handle, '{"sid": "s", "id": "f", "kind": "case"}')[0] == 0
    assert core.assert_fact(handle, '{"sid": "s", "id": "f", "kind": "case"}')[0] == 2


def test_an_alternative_fires_once_for_each_branch_that_holds() -> None:
    either = row({"$or": [{"a": 1}, {"b": 1}]})

    assert fire({"r": either}, {"a": 1, "b": 1}).count("r") == 2


def test_texts_are_compared_without_reading_their_escapes() -> None:
    handle = core.create_ruleset("escapes", json.dumps({**SENTINEL, "r": row({"a": 'say "hi"'})}))
    _, offset = core.assert_fact(handle, '{"sid": "s", "kind": "case", "a": "say \\u0022hi\\u0022"}')

    assert next(iter(json.loads(core.start_action_for_state(handle, offset)[1]))) == "end"
