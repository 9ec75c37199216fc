"""Indexing the cases that were there before there was an index, in batches, so that an interrupted run goes on.

A case is indexed when its values arrive (crm/searches.py); this reads the recorded values of all cases once more. They
are decrypted in memory, each batch in one transaction; what is written are keyed hashes, what is told are counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select

from crm import searches
from crm.models import personal_value, search_term
from crm.vault import PersonVault, case_subject, customer_subject
from engine import history, models
from engine.context import CommandContext
from engine.personal_values import references
from engine.values import PersonalRef, Value, decode, plain

INSTANCE, VARIABLE, PROPERTY = models.process_instance, models.variable_update, models.property_
BOOKMARK = "searches_reindexed_to"  # a property: the last case of the run under way
IDS_PER_QUERY = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction did: how many cases it read again, and how many are left."""

    cases: int
    left: int


def run_batch(ctx: CommandContext, vault: PersonVault, size: int) -> Batch:
    """Indexes the next cases in the order of their ids and keeps a bookmark; after the last ones it takes that away.

    Doing it again changes nothing. Values of erased persons cannot be read any more and lead to nothing.
    """
    bookmark = select(PROPERTY.c.value).where(PROPERTY.c.name == BOOKMARK)
    after = ctx.connection.execute(bookmark).scalar_one_or_none() or ""
    waiting = INSTANCE.c.id == INSTANCE.c.root_id, INSTANCE.c.id > after
    columns = INSTANCE.c.id, INSTANCE.c.business_key, INSTANCE.c.customer_ref
    cases = ctx.connection.execute(select(*columns).where(*waiting).order_by(INSTANCE.c.id).limit(size)).all()
    left = ctx.connection.execute(select(func.count()).where(*waiting)).scalar_one() - len(cases)
    _index(ctx, vault, cases)
    ctx.connection.execute(delete(PROPERTY).where(PROPERTY.c.name == BOOKMARK))
    if left:
        ctx.connection.execute(insert(PROPERTY).values(name=BOOKMARK, value=cases[-1].id))
    else:
        _forget_erased(ctx, vault)
    history.record(ctx, history.ADMIN_CHAIN, "searchesReindexed", {"cases": len(cases), "left": left})
    return Batch(len(cases), left)


def _index(ctx: CommandContext, vault: PersonVault, cases: Sequence[Any]) -> None:
    by_id = {case.id: case for case in cases}
    recorded = list(_recorded(ctx, list(by_id)))
    refs = {ref.ref: ref for _, _, value in recorded for ref in references(value)}
    subjects, found = _subjects(ctx, list(refs)), vault.get_many(ctx, refs.values())
    for case_id, name, value in recorded:
        case = by_id[case_id]
        if name == "case_no" and plain(value) == case.business_key:
            continue  # a case is found by its business key without a hash
        own = customer_subject(case.customer_ref) if case.customer_ref else case_subject(case_id)
        for subject, shown in _by_subject(value, subjects, found, own):
            searches.index(ctx, vault.keystore.search_key, subject=subject, root_id=case_id, values={name: shown})


def _recorded(ctx: CommandContext, case_ids: Sequence[str]) -> Iterator[tuple[str, str, Value]]:
    """Yields (case, variable, value) of everything that these cases ever held: what is overwritten is found, too, as
    it is for cases that were indexed when it arrived."""
    query = select(VARIABLE.c.root_id, VARIABLE.c.name, VARIABLE.c.value).where(VARIABLE.c.deleted.is_(False))
    for start in range(0, len(case_ids), IDS_PER_QUERY):
        chunk = case_ids[start : start + IDS_PER_QUERY]
        for row in ctx.connection.execute(query.where(VARIABLE.c.root_id.in_(chunk))):
            yield row.root_id, row.name, decode(row.value)


def _subjects(ctx: CommandContext, refs: Sequence[str]) -> dict[str, str]:
    """Returns whose values these are, by reference: a hash goes with the person whose value it is made of."""
    found: dict[str, str] = {}
    columns = personal_value.c.ref, personal_value.c.subject
    for start in range(0, len(refs), IDS_PER_QUERY):
        chunk = refs[start : start + IDS_PER_QUERY]
        query = select(*columns).where(personal_value.c.ref.in_(chunk))
        found |= {row.ref: row.subject for row in ctx.connection.execute(query)}
    return found


def _by_subject(
    value: Value, subjects: Mapping[str, str], found: Mapping[str, Value], own: str
) -> Iterator[tuple[str, Value]]:
    """Yields (subject, value) with what belongs to that person in the clear and the rest left out."""
    refs = {ref.ref for ref in references(value)}
    if not refs:
        yield own, value
    for subject in sorted({subjects[ref] for ref in refs if ref in subjects}):
        yield subject, _shown(value, {ref: found[ref] for ref in refs if subjects.get(ref) == subject})


def _shown(value: Value, found: Mapping[str, Value]) -> Value:
    if isinstance(value, PersonalRef):
        return found.get(value.ref)
    if isinstance(value, Mapping):
        return {key: _shown(item, found) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(item, found) for item in value]
    return value


def _forget_erased(ctx: CommandContext, vault: PersonVault) -> None:
    """Takes away what was written of persons who were erased while their batch ran."""
    erased = sorted(vault.keystore.erased_subjects())
    for start in range(0, len(erased), IDS_PER_QUERY):
        chunk = erased[start : start + IDS_PER_QUERY]
        ctx.connection.execute(delete(search_term).where(search_term.c.subject.in_(chunk)))
