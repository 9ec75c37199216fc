"""Absences: who is away from when until when, and who stands in.

Everybody records the own absence with a substitute of the own department; who leads a department, and an
administrator, records it for others and may name anybody. A cover begins and ends by itself, because it is asked for
with the instant of each request. What a substitute may do stands in engine/substitutions.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import ColumnElement, insert, or_, select, update

from engine import authorizations, history, models, users
from engine.access_matrix import matrix
from engine.context import Actor, CommandContext, Cover
from engine.errors import Conflict, Forbidden, InvalidRequest, NotFound
from engine.ids import new_id
from engine.users import User

TABLE = models.absence
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Absence:
    """One absence. `from_at` is included, `until_at` is not; both are UTC microseconds."""

    id: str
    user_id: str
    substitute_id: str
    from_at: int
    until_at: int
    recorded_at: int
    recorded_by: str


COLUMNS = [TABLE.c[name] for name in Absence.__slots__]


def record(
    ctx: CommandContext, *, user_id: str | None = None, substitute_id: str, from_at: int, until_at: int
) -> Absence:
    """Notes an absence of the actor or, for who leads the department, of somebody else.

    Raises Forbidden, InvalidRequest, and Conflict where it meets another absence of the person or of the substitute.
    """
    person = users.get(ctx, user_id or ctx.actor.user_id)
    made = Absence(new_id(), person.id, substitute_id, from_at, until_at, ctx.now_micros, ctx.actor.user_id)
    _require_sound(ctx, person, made)
    ctx.connection.execute(insert(TABLE).values({name: getattr(made, name) for name in Absence.__slots__}))
    _tell(ctx, "absenceRecorded", made)
    return made


def change(
    ctx: CommandContext, absence_id: str, *, substitute_id: str | None = None, until_at: int | None = None
) -> Absence:
    """Names another substitute or another end of an absence that is not over."""
    found = get(ctx, absence_id)
    person = users.get(ctx, found.user_id)
    if found.until_at <= ctx.now_micros:
        raise Conflict(f"absence {absence_id} is over")
    changed = replace(found, substitute_id=substitute_id or found.substitute_id, until_at=until_at or found.until_at)
    _require_sound(ctx, person, changed)
    values = {"substitute_id": changed.substitute_id, "until_at": changed.until_at}
    ctx.connection.execute(update(TABLE).where(TABLE.c.id == absence_id).values(**values))
    _tell(ctx, "absenceChanged", changed)
    return changed


def end(ctx: CommandContext, absence_id: str) -> None:
    """Ends an absence now, or takes back one that has not begun; one that is over is no error."""
    found = get(ctx, absence_id)
    _require_right(ctx, users.get(ctx, found.user_id))
    if found.until_at <= ctx.now_micros:
        return
    ended = replace(found, until_at=ctx.now_micros, from_at=min(found.from_at, ctx.now_micros))
    values = {"until_at": ended.until_at, "from_at": ended.from_at}
    ctx.connection.execute(update(TABLE).where(TABLE.c.id == absence_id).values(**values))
    _tell(ctx, "absenceEnded", ended)


def get(ctx: CommandContext, absence_id: str) -> Absence:
    """Returns an absence that concerns the actor; raises NotFound for any other, too."""
    query = select(*COLUMNS).where(TABLE.c.id == absence_id)
    row = ctx.connection.execute(query).one_or_none()
    if row is None or not _concerns(ctx, Absence(*row)):
        raise NotFound(f"there is no absence {absence_id}")
    return Absence(*row)


def listed(ctx: CommandContext, *, current: bool = False) -> list[Absence]:
    """Returns the absences that concern the actor, the latest first; `current` leaves out what is over or to come."""
    query = select(*COLUMNS).order_by(TABLE.c.from_at.desc(), TABLE.c.id.desc())
    if current:
        query = query.where(TABLE.c.from_at <= ctx.now_micros, TABLE.c.until_at > ctx.now_micros)
    found = [Absence(*row) for row in ctx.connection.execute(query)]
    return [one for one in found if _concerns(ctx, one)]


def covers_of(ctx: CommandContext, user_id: str) -> tuple[Cover, ...]:
    """Returns whom somebody covers at this instant. The roles are those of the absent people alone: whom these cover
    themselves is not looked at, so that there are no chains."""
    now = ctx.now_micros
    query = select(TABLE.c.user_id).where(
        TABLE.c.substitute_id == user_id, TABLE.c.until_at > now, TABLE.c.from_at <= now
    )
    people = [users.get(ctx, row.user_id) for row in ctx.connection.execute(query.order_by(TABLE.c.user_id)).all()]
    known = matrix(ctx.engine.settings.rules)
    return tuple(
        Cover(person.id, known.expanded(person.roles), frozenset(person.branches)) for person in people if person.active
    )


def actor_of(ctx: CommandContext, user: User) -> Actor:
    """Returns who acts when this person does, with whom they cover right now. Programs with a token cover nobody."""
    return replace(users.actor_of(ctx, user), covers=covers_of(ctx, user.id))


# ------------------------------------------------------------ who may, and what makes sense


def _concerns(ctx: CommandContext, absence: Absence) -> bool:
    if ctx.actor.is_system or ctx.actor.user_id in {absence.user_id, absence.substitute_id}:
        return True
    return authorizations.may(ctx, "User", "read") or _leads(ctx, users.get(ctx, absence.user_id))


def _require_right(ctx: CommandContext, person: User) -> bool:
    """Raises Forbidden unless the actor may record absences of the person; tells whether it is somebody else's."""
    if person.id == ctx.actor.user_id:
        return False
    if not (authorizations.may(ctx, "Absence", "record_any") or _leads(ctx, person)):
        raise Forbidden(
            f"user {ctx.actor.user_id} may not record an absence of {person.id}",
            user_id=ctx.actor.user_id,
            resource="Absence",
            operation="record_any",
        )
    return True


def _leads(ctx: CommandContext, person: User) -> bool:
    known = matrix(ctx.engine.settings.rules)
    leading = [role for role in ctx.actor.roles if known.allows([role], "Absence", "record_department")]
    return not known.departments(leading).isdisjoint(person.roles)


def _require_sound(ctx: CommandContext, person: User, absence: Absence) -> None:
    by_another = _require_right(ctx, person)
    if absence.until_at <= max(absence.from_at, ctx.now_micros):
        raise InvalidRequest("an absence ends after it begins, and in the future")
    if absence.until_at - absence.from_at > LONGEST // timedelta(microseconds=1):
        raise InvalidRequest(f"an absence lasts {LONGEST.days} days at most; record it again then")
    substitute = _substitute(ctx, absence.substitute_id)
    if substitute.id == person.id:
        raise InvalidRequest("nobody is their own substitute")
    departments = matrix(ctx.engine.settings.rules).departments(person.roles)
    if not by_another and departments.isdisjoint(substitute.roles):
        raise InvalidRequest("a substitute from another department is named by who leads the department")
    _require_no_other(ctx, absence)


def _substitute(ctx: CommandContext, user_id: str) -> User:
    try:
        found = users.get(ctx, user_id)
    except NotFound as cause:
        raise InvalidRequest(f"there is no user {user_id}") from cause
    if not found.active or not found.roles:
        raise InvalidRequest(f"user {user_id} cannot stand in for anybody")
    return found


def _require_no_other(ctx: CommandContext, absence: Absence) -> None:
    """Nobody has two substitutes at once, and nobody who is away then is a substitute."""
    meets: list[ColumnElement[bool]] = [TABLE.c.from_at < absence.until_at, TABLE.c.until_at > absence.from_at]
    taken = or_(TABLE.c.user_id == absence.user_id, TABLE.c.user_id == absence.substitute_id)
    query = select(TABLE.c.user_id).where(*meets, taken, TABLE.c.id != absence.id)
    other = ctx.connection.execute(query.limit(1)).scalar_one_or_none()
    if other is not None:
        raise Conflict(f"user {other} is away at that time already")


def _tell(ctx: CommandContext, kind: str, absence: Absence) -> None:
    body = {
        "absence": absence.id,
        "user": absence.user_id,
        "substitute": absence.substitute_id,
        "from": absence.from_at,
        "until": absence.until_at,
    }
    history.record(ctx, history.ADMIN_CHAIN, kind, body)
