"""/api/releases, /api/proposals, /api/diff and /api/simulate: how a change comes into force, and what it would do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

import falcon.asgi

from api.commands import Resource, actor_of
from api.params import Parameters, read_body
from api.rehearsals import player
from api.routing import Parts, Route
from api.times import read_instant, write_micros
from engine import comparisons, examinations, proposals, releases, simulations
from engine.access_matrix import role_codes
from engine.context import CommandContext
from engine.differences import Change, counted
from engine.dmn.decision import compile_model
from engine.dmn.reader import read_dmn
from engine.errors import InvalidRequest
from engine.proposals import Examination, Proposal
from engine.releases import Release
from engine.simulations import Question, Report
from engine.values import from_json

MAX_DECISIONS = 20_000
MAX_SECONDS = 20.0
Json = dict[str, Any]


class Proposals(Resource):
    """Changes of controlled keys that wait for a second person, and those that were decided."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Proposals for the next release."""
        resp.media = await self.commands.read(actor_of(req), _listed, Parameters.of_query(req))

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, proposal_id: str) -> None:
        """One proposal."""
        shown = await self.commands.read(actor_of(req), _shown, proposal_id)
        # The comment may name people, so its reading is written down: a command of its own.
        comment = await self.commands.run(actor_of(req), proposals.read_comment, proposal_id)
        resp.media = {**shown, "comment": comment}

    async def on_get_diff(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, proposal_id: str) -> None:
        """What a proposal changes, cell by cell and element by element."""
        found = await self.commands.read(actor_of(req), comparisons.of_proposal, proposal_id)
        resp.media = [{"file": name, **_difference(changes)} for name, changes in found.items()]

    async def on_post_examine(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, proposal_id: str) -> None:
        """Examines a proposal: checks, scenarios and past cases."""
        await self.commands.read(actor_of(req), proposals.require_part, proposal_id)
        examined = await self._examined(req, proposal_id)
        await self.commands.run(actor_of(req), proposals.note_examination, examined)
        resp.media = (await self.commands.read(actor_of(req), _shown, proposal_id))["examination"]

    async def on_post_approve(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, proposal_id: str) -> None:
        """Approves a proposal; not by who made it."""
        body = Parameters(await read_body(req))
        comment, effective_at = body.text("comment"), _instant(body, "effectiveAt")
        await self.commands.read(actor_of(req), proposals.require_decider, proposal_id)
        examined = await self._examined(req, proposal_id)
        if not examined.passed:
            await self.commands.run(actor_of(req), proposals.note_examination, examined)
        await self.commands.run(
            actor_of(req),
            proposals.approve,
            proposal_id,
            examination=examined,
            comment=comment,
            effective_at=effective_at,
        )
        resp.media = await self.commands.read(actor_of(req), _shown, proposal_id)

    async def on_post_reject(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, proposal_id: str) -> None:
        """Rejects a proposal."""
        comment = Parameters(await read_body(req)).text("comment")
        await self.commands.run(actor_of(req), proposals.reject, proposal_id, comment=comment)
        resp.media = await self.commands.read(actor_of(req), _shown, proposal_id)

    async def _examined(self, req: falcon.asgi.Request, proposal_id: str) -> Examination:
        """Checks outside of any transaction: scenarios play for seconds."""
        settings = self.commands.engine.settings
        dossier = await self.commands.read(actor_of(req), examinations.read_dossier, proposal_id)
        roles, play = role_codes(settings.rules), player(settings)
        examine = partial(examinations.examine, dossier, limits=settings.limits, roles=roles, play=play)
        return await self.commands.call(examine)


class Releases(Resource):
    """What was in force, number by number."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _releases, Parameters.of_query(req))


class Differences(Resource):
    """What differs between two versions, each named `key@3`, `key` (the one in force) or by its id."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        query = Parameters.of_query(req)
        old, new = query.required("from"), query.required("to")
        resp.media = _difference(await self.commands.read(actor_of(req), comparisons.of_versions, old, new))


class Simulations(Resource):
    """What a draft table would have decided on the recorded cases; bounded in number and time."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        body = Parameters(await read_body(req))
        source = body.required("draft").encode()
        question = _question(body)
        resp.media = await self.commands.read(actor_of(req), _simulated, source, question)


# ------------------------------------------------------------ reading


def _instant(body: Parameters, name: str) -> datetime | None:
    text = body.text(name)
    return None if text is None else read_instant(text, name=name)


def _question(body: Parameters) -> Question:
    since = _instant(body, "since")
    if since is None:
        raise InvalidRequest("since is missing")
    limit = body.integer("limit", least=1, most=MAX_DECISIONS)
    return Question(
        body.required("decisionKey"),
        since,
        until=_instant(body, "until"),
        given=_given(body),
        as_of=_day(body.text("asOf")),
        limit=limit or MAX_DECISIONS,
        seconds=MAX_SECONDS,
    )


def _given(body: Parameters) -> Mapping[str, Any]:
    """Values that every case shall have, in their stored form: `{"day": {"$date": "2026-10-01"}}`."""
    try:
        return {name: from_json(value) for name, value in body.mapping("given").items()}
    except (ValueError, TypeError, LookupError, AttributeError) as cause:
        raise InvalidRequest("a value in given is none") from cause


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as cause:
        raise InvalidRequest("asOf must be a date, as in 2026-10-01") from cause


def _listed(ctx: CommandContext, parameters: Parameters) -> list[Json]:
    state = parameters.text("state")
    if state is not None and state not in proposals.STATES:
        raise InvalidRequest(f"state is one of {', '.join(proposals.STATES)}")
    first, limit = parameters.page()
    return [_proposal(ctx, one) for one in proposals.find(ctx, state=state, first=first, limit=limit)]


def _shown(ctx: CommandContext, proposal_id: str) -> Json:
    return _proposal(ctx, proposals.get(ctx, proposal_id))


def _releases(ctx: CommandContext, parameters: Parameters) -> list[Json]:
    first, limit = parameters.page()
    return [_release(ctx, one) for one in releases.find(ctx, first=first, limit=limit)]


def _simulated(ctx: CommandContext, source: bytes, question: Question) -> Json:
    draft = compile_model(read_dmn(source, name="draft.dmn"))
    try:
        return report_json(simulations.backtest(ctx, draft, question, source=source))
    finally:
        draft.close()


# ------------------------------------------------------------ representations


def _proposal(ctx: CommandContext, proposal: Proposal) -> Json:
    definitions = [
        {**_definition(ctx, made), "replaces": None if before is None else _definition(ctx, before)}
        for kind, keys in proposal.brought.items()
        for key, made in keys.items()
        for before in [proposal.replaces[kind][key]]
    ]
    return {
        "id": proposal.id,
        "deploymentId": proposal.deployment_id,
        "name": proposal.deployment_name,
        "state": proposal.state,
        "author": proposal.author,
        "proposedAt": write_micros(proposal.proposed_at),
        "definitions": definitions,
        "decidedBy": proposal.decided_by,
        "decidedAt": write_micros(proposal.decided_at),
        "effectiveAt": write_micros(proposal.effective_at),
        "release": proposal.release,
        "examination": proposal.examination,
        "hasComment": proposal.comment is not None,
        "mayDecide": proposals.may_decide(ctx, proposal.id),
    }


def _definition(ctx: CommandContext, definition_id: str) -> Json:
    deployed = ctx.engine.definitions.deployed(ctx, definition_id)
    return {
        "id": deployed.id,
        "kind": deployed.kind,
        "key": deployed.key,
        "version": deployed.version,
        "name": {"zh": deployed.name, "en": deployed.name_en},
    }


def _release(ctx: CommandContext, release: Release) -> Json:
    brought = [_definition(ctx, made) for keys in release.brought.values() for made in keys.values()]
    return {
        "number": release.number,
        "deploymentId": release.deployment_id,
        "madeAt": write_micros(release.made_at),
        "madeBy": release.made_by,
        "definitions": brought,
    }


def _difference(changes: Iterable[Change]) -> Json:
    listed = list(changes)
    return {"counts": counted(listed), "changes": [_change(change) for change in listed]}


def _change(change: Change) -> Json:
    return {
        "how": change.how,
        "thing": change.thing,
        "id": change.id,
        "zh": change.zh,
        "en": change.en,
        "before": change.before,
        "after": change.after,
        "provenance": {"before": change.provenance_before, "after": change.provenance_after},
    }


def report_json(report: Report) -> Json:
    """Returns a backtest as JSON; outputs are in their stored form, cases are named by reference."""
    moves: Mapping[Any, int] = dict(report.moves.most_common())
    return {
        "decisionKey": report.decision_key,
        "total": report.total,
        "replayed": report.replayed,
        "complete": report.complete,
        "equal": report.equal,
        "otherRow": report.other_row,
        "changed": report.changed,
        "failed": report.failed,
        "moves": [{"before": before, "after": after, "count": count} for (before, after), count in moves.items()],
        "errors": [{"reason": reason, "count": count} for reason, count in report.errors.most_common(20)],
        "unrecorded": dict(report.unrecorded),
        "examples": [change_json(change) for change in report.examples],
    }


def change_json(change: simulations.Change) -> Json:
    """Returns one changed case as JSON."""
    return {
        "processInstanceId": change.process_instance_id,
        "caseNo": change.case_no,
        "customerRef": change.customer_ref,
        "at": write_micros(change.at),
        "rowsBefore": change.rows_before,
        "rowsAfter": change.rows_after,
        "outputBefore": change.output_before,
        "outputAfter": change.output_after,
    }


def own_routes(parts: Parts) -> Iterable[Route]:
    proposed = Proposals(parts.commands)
    return [
        ("/api/proposals", proposed, None),
        ("/api/proposals/{proposal_id}", proposed, "one"),
        ("/api/proposals/{proposal_id}/diff", proposed, "diff"),
        ("/api/proposals/{proposal_id}/examine", proposed, "examine"),
        ("/api/proposals/{proposal_id}/approve", proposed, "approve"),
        ("/api/proposals/{proposal_id}/reject", proposed, "reject"),
        ("/api/releases", Releases(parts.commands), None),
        ("/api/diff", Differences(parts.commands), None),
        ("/api/simulate", Simulations(parts.commands), None),
    ]
