"""Absences: who is away from when until when, and who stands in.

Everybody records the own absence with a substitute of the own department; who leads a department, and an
administrator, records it for others and may name anybody. A cover begins and ends by itself, because it is asked for
with the instant of each request. What a substitute may do stands in engine/substitutions.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import ColumnElement, insert, or_, select, update

from engine import authorizations, history, models, users
from engine.access_matrix import matrix
from engine.context import Actor, CommandContext, Cover
from engine.errors import Conflict, FieldError, Forbidden, FormInvalid, NotFound
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

    Raises Forbidden, FormInvalid (fields `substituteId`, `until`), and Conflict, whose holder is who is away then
    already, the person or the substitute.
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


def people(ctx: CommandContext) -> list[User]:
    """Returns whose absences the actor may record: the own ones first, then those of people led, by id."""
    anybody = authorizations.may(ctx, "Absence", "record_any")
    found = [one for one in users.listed(ctx) if one.active and one.roles]
    own = [one for one in found if one.id == ctx.actor.user_id]
    return own + [one for one in found if one.id != ctx.actor.user_id and (anybody or _leads(ctx, one))]


def substitutes(ctx: CommandContext, user_id: str | None = None) -> list[User]:
    """Returns who may stand in for the actor, or for somebody whose absences the actor may record; by id.

    Somebody who is away at the time in question is among them: that is said when the absence is recorded.
    """
    person = users.get(ctx, user_id or ctx.actor.user_id)
    by_another = _require_right(ctx, person)
    departments = matrix(ctx.engine.settings.rules).departments(person.roles)
    return [
        one
        for one in users.listed(ctx)
        if _can_stand_in(one) and one.id != person.id and (by_another or not departments.isdisjoint(one.roles))
    ]


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
    faults = [*_faults_of_times(ctx, absence), *_faults_of_substitute(ctx, person, absence, by_another=by_another)]
    if faults:
        raise FormInvalid(faults)
    _require_no_other(ctx, absence)


def _faults_of_times(ctx: CommandContext, absence: Absence) -> Iterator[FieldError]:
    if absence.until_at <= max(absence.from_at, ctx.now_micros):
        said = "an absence ends after it begins, and in the future"
        yield FieldError("until", "order", "结束须晚于开始，并且晚于现在", said)
    if absence.until_at - absence.from_at > LONGEST // timedelta(microseconds=1):
        said = f"an absence lasts {LONGEST.days} days at most; record it again then"
        yield FieldError("until", "longest", f"一次请假最长 {LONGEST.days} 天，到期请再次登记", said)


def _faults_of_substitute(
    ctx: CommandContext, person: User, absence: Absence, *, by_another: bool
) -> Iterator[FieldError]:
    name = "substituteId"
    try:
        substitute = users.get(ctx, absence.substitute_id)
    except NotFound:
        yield FieldError(name, "unknown", "没有这位用户", f"there is no user {absence.substitute_id}")
        return
    if not _can_stand_in(substitute):
        yield FieldError(name, "inactive", "这位用户不能代办", f"user {substitute.id} cannot stand in for anybody")
    if substitute.id == person.id:
        yield FieldError(name, "self", "代办人不能是本人", "nobody is their own substitute")
    departments = matrix(ctx.engine.settings.rules).departments(person.roles)
    if not by_another and departments.isdisjoint(substitute.roles):
        said = "a substitute from another department is named by who leads the department"
        yield FieldError(name, "department", "其他部门的代办人须由部门负责人指定", said)


def _can_stand_in(user: User) -> bool:
    return user.active and bool(user.roles)


def _require_no_other(ctx: CommandContext, absence: Absence) -> None:
    """Nobody has two substitutes at once, and nobody who is away then is a substitute."""
    meets: list[ColumnElement[bool]] = [TABLE.c.from_at < absence.until_at, TABLE.c.until_at > absence.from_at]
    taken = or_(TABLE.c.user_id == absence.user_id, TABLE.c.user_id == absence.substitute_id)
    query = select(TABLE.c.user_id).where(*meets, taken, TABLE.c.id != absence.id)
    other = ctx.connection.execute(query.limit(1)).scalar_one_or_none()
    if other is not None:
        raise Conflict(f"user {other} is away at that time already", holder=other)


def _tell(ctx: CommandContext, kind: str, absence: Absence) -> None:
    body = {
        "absence": absence.id,
        "user": absence.user_id,
        "substitute": absence.substitute_id,
        "from": absence.from_at,
        "until": absence.until_at,
    }
    history.record(ctx, history.ADMIN_CHAIN, kind, body)
