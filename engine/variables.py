"""Process variables at the border: typed by the forms, personal ones into the vault, before an instance sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from engine import definitions, entries, models, personal_values
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.errors import FieldError, FormInvalid, InvalidRequest, NotFound
from engine.forms import Form
from engine.personal_values import Sight
from engine.values import Binary, PersonalRef, Typed, decode, is_deeper_than, plain

if TYPE_CHECKING:
    from engine.process_instances import Running

NAME_LENGTH = 200
MAX_DEPTH = 60  # levels of lists and contexts in one value; everything that walks values recurses
BLOTTED_LENGTH = 2  # a single character is in every text


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is known of the variables of a process under a release: their data classes, forms and who reads them."""

    form_classes: Mapping[str, str]
    definition_classes: Mapping[str, str]
    read_by_expressions: frozenset[str]
    forms: tuple[Form, ...]


def catalogue(ctx: CommandContext, deployed: Deployed, release: int) -> Catalogue:
    """Returns what forms, diagram and tables say of the variables of a process and of the parts that it calls."""
    known: Catalogue = ctx.engine.definitions.remembered(
        ("catalogue", deployed.id, release), lambda: _collect(ctx, deployed, release, frozenset())
    )
    return known


def _collect(ctx: CommandContext, deployed: Deployed, release: int, above: frozenset[str]) -> Catalogue:
    """Collects from the called parts inwards; what the calling process itself says of a name counts more."""
    definition = ctx.engine.definitions.process(ctx, deployed.id)
    own = tuple(form for ref in sorted(definition.form_refs) if (form := find_form(ctx, ref, release)))
    forms = own
    read = set(definition.expression_names)
    for ref in definition.decision_refs:
        read |= _decision_inputs(ctx, ref, release)
    form_classes: dict[str, str] = {}
    definition_classes: dict[str, str] = {}
    for key in sorted(definition.called_elements - above - {deployed.key}):
        found = ctx.engine.definitions.contents(ctx, release).get("process", {}).get(key)
        if found is None:
            continue
        part = _collect(ctx, ctx.engine.definitions.deployed(ctx, found), release, above | {deployed.key})
        form_classes.update(part.form_classes)
        definition_classes.update(part.definition_classes)
        read |= part.read_by_expressions
        forms += part.forms
    for form in own:
        form_classes.update(form.data_classes)
    definition_classes.update(definition.classes)
    return Catalogue(form_classes, definition_classes, frozenset(read), forms)


def find_form(ctx: CommandContext, form_ref: str, release: int) -> Form | None:
    """Returns the form that a release holds under a key, or None."""
    found = ctx.engine.definitions.contents(ctx, release).get("form", {}).get(form_ref)
    return None if found is None else ctx.engine.definitions.form(ctx, found)


def _decision_inputs(ctx: CommandContext, decision_ref: str, release: int) -> frozenset[str]:
    try:
        deployed = definitions.resolve(ctx, "decision", decision_ref, release=release)
    except NotFound:
        return frozenset()
    return ctx.engine.definitions.decision(ctx, deployed.id).model.decisions[decision_ref].input_names


def accept(
    ctx: CommandContext,
    deployed: Deployed,
    release: int,
    values: Mapping[str, Any],
    *,
    instance_id: str,
    customer_ref: str | None = None,
    running: Running | None = None,
) -> dict[str, Any]:
    """Returns variables from outside as the instance may hold them; `running` is None while it is being started.

    A field that some form of the process knows gets that form's type (a message may bring an instant as text), and
    every personal value is replaced by its reference. Raises FormInvalid, InvalidRequest, Forbidden for a class of data
    that the actor may not write.
    """
    known = catalogue(ctx, deployed, release)
    typed = _typed(known, values)
    check = partial(entries.require, ctx, running=running)
    return absorb(ctx, known, typed, instance_id=instance_id, customer_ref=customer_ref, check=check)


def absorb(
    ctx: CommandContext,
    known: Catalogue,
    values: Mapping[str, Any],
    *,
    instance_id: str,
    customer_ref: str | None,
    check: Callable[[Mapping[str, str]], None] | None = None,
) -> dict[str, Any]:
    """Replaces personal values by references; their subject is the customer, or the case while none is known."""
    most = ctx.engine.settings.limits.variable_bytes
    for name, value in values.items():
        if not name or len(name) > NAME_LENGTH:
            raise InvalidRequest(f"a variable name has 1 to {NAME_LENGTH} characters")
        _require_bounded(name, plain(value), most)
    given = values.get("customer_ref")
    customer = given if isinstance(given, str) else customer_ref
    subject = f"customer:{customer}" if customer else f"case:{instance_id}"
    ctx.engine.vault.index(ctx, subject=subject, root_id=instance_id, values=values)
    return personal_values.absorb(
        ctx,
        subject=subject,
        variables=values,
        form_classes=known.form_classes,
        definition_classes=known.definition_classes,
        expression_names=known.read_by_expressions,
        check=check,
    )


def _require_bounded(name: str, value: Any, most: int) -> None:
    """What goes into the vault never reaches the bound of the instance, which holds its reference alone."""
    length = len(value) if isinstance(value, str) else len(value.body) if isinstance(value, Binary) else 0
    if length > most:
        raise InvalidRequest(f"the variable {name} is larger than {most} bytes; larger things are attachments")
    if isinstance(value, (list, dict)) and is_deeper_than(MAX_DEPTH, value):
        raise InvalidRequest(f"the value of the variable {name} is nested deeper than {MAX_DEPTH} levels")


def absorb_into(ctx: CommandContext, running: Running, values: Mapping[str, Any]) -> dict[str, Any]:
    """Replaces personal values of a running instance by references; for what is no variable of the case."""
    return _absorbed(ctx, running, values, None)


def enter_into(ctx: CommandContext, running: Running, values: Mapping[str, Any]) -> dict[str, Any]:
    """Replaces personal values that somebody writes into a running instance; raises Forbidden for a class of data that
    the actor may not write."""
    return _absorbed(ctx, running, values, partial(entries.require, ctx, running=running))


def _absorbed(
    ctx: CommandContext,
    running: Running,
    values: Mapping[str, Any],
    check: Callable[[Mapping[str, str]], None] | None,
) -> dict[str, Any]:
    known, customer_ref = catalogue(ctx, running.deployed, running.row.release), running.customer_ref
    return absorb(ctx, known, values, instance_id=running.root_id, customer_ref=customer_ref, check=check)


def accept_into(ctx: CommandContext, running: Running, values: Mapping[str, Any]) -> dict[str, Any]:
    """Types and absorbs variables that reach a running instance without a form."""
    return accept(
        ctx,
        running.deployed,
        running.row.release,
        values,
        instance_id=running.root_id,
        customer_ref=running.customer_ref,
        running=running,
    )


def keep_text(ctx: CommandContext, running: Running, name: str, text: str | None) -> str | None:
    """Puts a free text that a person wrote (a reason, a comment) into the vault; returns the id of its reference."""
    if not text:
        return None
    kept = absorb_into(ctx, running, {name: text})[name]
    return kept.ref if isinstance(kept, PersonalRef) else None


def typed_for(ctx: CommandContext, running: Running, values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns variables with the types that the forms of a running instance give them; raises FormInvalid."""
    return _typed(catalogue(ctx, running.deployed, running.row.release), values)


def _typed(known: Catalogue, values: Mapping[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    problems: list[FieldError] = []
    for name, value in values.items():
        if isinstance(value, Typed) and (name in personal_values.CASE_HEADER or _form_with(known, name)):
            value = plain(value)
        form = _form_with(known, name) if isinstance(value, str) else None
        if form is None:
            typed[name] = value
            continue
        try:
            typed[name] = form.typed(name, value)
        except FormInvalid as invalid:
            problems += invalid.errors
    if problems:
        raise FormInvalid(problems)
    return typed


def _form_with(known: Catalogue, name: str) -> Form | None:
    return next((form for form in known.forms if name in form.keys), None)


def of_instance(ctx: CommandContext, root_id: str, *, scope_id: str = "") -> dict[str, Any]:
    """Returns the latest value of each variable of a scope, running or over; personal ones as references."""
    table = models.variable_update
    newest = (
        select(func.max(table.c.id).label("id"))
        .where(table.c.root_id == root_id, table.c.scope_id == scope_id)
        .group_by(table.c.name)
        .subquery()
    )
    rows = ctx.connection.execute(select(table).join(newest, table.c.id == newest.c.id).order_by(table.c.name))
    return {row.name: decode(row.value) for row in rows if not row.deleted}


def reveal(ctx: CommandContext, values: Mapping[str, Any], sight: Sight) -> dict[str, Any]:
    """Returns variables as somebody may see them."""
    revealed: dict[str, Any] = personal_values.reveal(ctx, dict(values), sight)
    return revealed


def blotter(ctx: CommandContext, running: Running) -> Callable[[str], str]:
    """Returns what blots the personal values of a case out of a text that a program wrote (an error, a stack trace).

    Such a text is kept where operators read it; a value in it would escape from the vault.
    """
    refs = list(personal_values.references(running.instance.variables()))
    found = ctx.engine.vault.get_many(ctx, refs) if refs else {}
    texts = {str(part) for value in found.values() for part in _parts(value)}
    hidden = sorted((text for text in texts if len(text) >= BLOTTED_LENGTH), key=len, reverse=True)

    def blot(text: str) -> str:
        for secret in hidden:
            text = text.replace(secret, personal_values.HIDDEN)
        return text

    return blot


def _parts(value: Any) -> Iterator[Any]:
    value = plain(value)
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _parts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _parts(item)
    elif value is not None and not isinstance(value, bool):
        yield value
