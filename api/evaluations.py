"""/api/facts, /api/customers/{ref}/…, /api/coupons, /api/tier-runs, /api/tier-reviews, /api/referrals,
/api/settlements, /api/scores, /api/awards.

What runs and settlements lead to, and what people decide on it. Who may is the access matrix's business, below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import falcon
import falcon.asgi

from api.commands import Resource, actor_of
from api.params import Parameters, read_body, read_bytes
from api.routing import Parts, Route
from api.times import write_instant, write_micros
from crm import (
    award_proposals,
    coupons,
    evaluations,
    facts,
    points,
    rewards,
    scorecards,
    tier_explanations,
    tier_reviews,
    tiers,
)
from engine import authorizations
from engine.clock import from_micros
from engine.context import CommandContext
from engine.errors import InvalidRequest

MOST_FEN = 10**12
MOST_DAYS = 10_000
MOST_SHOWN = 1_000


class Facts(Resource):
    """Numbers for evaluations, until the register delivers them."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        body = await read_bytes(req, limit=facts.FILE_BYTES)
        resp.status = falcon.HTTP_201
        resp.media = wire(await self.commands.run(actor_of(req), facts.import_file, body))


class Customers(Resource):
    """The tier of a customer with its reasons, the wish for a person to look at it, and the rewards."""

    async def on_get_tier(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, customer_ref: str) -> None:
        """A customer's tier, explained."""
        reference = facts.require_reference(customer_ref)
        resp.media = wire(await self.commands.read(actor_of(req), tier_explanations.explain, reference))

    async def on_post_review(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, customer_ref: str) -> None:
        """Asks for a person to look at a tier."""
        reference = facts.require_reference(customer_ref)
        resp.status = falcon.HTTP_201
        resp.media = wire(await self.commands.run(actor_of(req), tier_reviews.ask, reference))

    async def on_get_rewards(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, customer_ref: str) -> None:
        """A customer's points and coupons."""
        reference = facts.require_reference(customer_ref)
        resp.media = wire(await self.commands.read(actor_of(req), _rewards, reference))


def _rewards(ctx: CommandContext, customer_ref: str) -> dict[str, Any]:
    authorizations.require(ctx, "Reward", "read")
    return {
        "customer_ref": customer_ref,
        "points": points.balance(ctx, customer_ref),
        "rentals": rewards.rentals_of(ctx, customer_ref),
        "coupons": coupons.of_customer(ctx, customer_ref),
        "referrals": rewards.referrals_of(ctx, customer_ref),
    }


class Redemptions(Resource):
    """What a customer gets for points and coupons."""

    async def on_post_exchange(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, customer_ref: str) -> None:
        """Turns all whole blocks of points into coupons."""
        reference = facts.require_reference(customer_ref)
        resp.status = falcon.HTTP_201
        resp.media = wire(await self.commands.run(actor_of(req), points.exchange, reference))

    async def on_post_price(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, customer_ref: str) -> None:
        """Computes what an order costs the customer, as a recorded decision (DT-03)."""
        given = Parameters(await read_body(req))
        ruling = await self.commands.run(
            actor_of(req),
            rewards.price,
            facts.require_reference(customer_ref),
            base_fen=_number(given, "baseFen", MOST_FEN),
            extras_fen=given.integer("extrasFen", most=MOST_FEN) or 0,
            coupons_fen=_amounts(given, "couponsFen"),
            quarter_vouchers_used=given.integer("quarterVouchersUsed", most=MOST_DAYS) or 0,
        )
        resp.media = wire({"decision": ruling.id, "row": ruling.row_id, "price": ruling.output or None})

    async def on_post_redeem(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, coupon_no: str) -> None:
        """Uses a coupon for the order of a contract, once."""
        contract_ref = Parameters(await read_body(req)).required("contractRef")
        resp.media = wire(await self.commands.run(actor_of(req), coupons.redeem, coupon_no, contract_ref))

    async def on_post_rating(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, contract_ref: str) -> None:
        """Gives the points for the rating of a settled rental."""
        reference = facts.require_reference(contract_ref, "contract")
        resp.status = falcon.HTTP_201
        resp.media = {"points": await self.commands.run(actor_of(req), points.rate, reference)}

    async def on_post_reversal(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, contract_ref: str) -> None:
        """Takes the points of a disputed rental back."""
        reference = facts.require_reference(contract_ref, "contract")
        resp.status = falcon.HTTP_201
        resp.media = {"points": await self.commands.run(actor_of(req), points.reverse, reference)}


class TierRuns(Resource):
    """Evaluations of all customers: tried with a mode, or run; and what a run said."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Lists the newest runs with how many customers went which way."""
        resp.media = wire(await self.commands.read(actor_of(req), tiers.runs))

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Runs the evaluation as the 1st of a month does; with a mode it is a trial that writes nothing."""
        given = Parameters(await read_body(req))
        begun = given.micros("at")
        at = None if begun is None else from_micros(begun)
        run = partial(evaluations.run_tiers, self.commands.engine, actor_of(req), at=at, mode=given.text("mode"))
        done = await self.commands.call(run)
        resp.status = falcon.HTTP_200 if done.trial else falcon.HTTP_201
        told = {"run_id": done.run_id, "window": done.window.period, "trial": done.trial, "skipped": done.skipped}
        seen = await self.commands.read(actor_of(req), authorizations.may, "Tier", "review")
        shown = [_evaluated(one) for one in done.evaluations[:MOST_SHOWN]] if seen else []
        resp.media = wire({**told, "changes": done.changes, "evaluations": shown})

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, run_id: str) -> None:
        """Lists what a run said of each customer, a hundred behind `after`; why stands under the customer's tier."""
        after = Parameters.of_query(req).text("after") or ""
        resp.media = wire(await self.commands.read(actor_of(req), tiers.results, run_id, after=after))


def _evaluated(one: evaluations.Evaluation) -> dict[str, Any]:
    """Returns an evaluation without the numbers it was made of: who may see those asks for the explanation."""
    names = ("customer_ref", "levels", "tier", "previous_tier", "change", "effective_on", "review", "mode", "row_id")
    return {**{name: getattr(one, name) for name in names}, "decision_id": one.decision_id}


class TierReviews(Resource):
    """What waits for a person; one proposes, another approves or declines."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Reviews of tiers that wait for a person."""
        resp.media = wire(await self.commands.read(actor_of(req), tier_reviews.open_reviews))

    async def on_post_propose(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, review_id: str) -> None:
        """Proposes another tier than the rules decided."""
        given = Parameters(await read_body(req))
        until = given.text("validUntil")
        resp.media = wire(
            await self.commands.run(
                actor_of(req),
                tier_reviews.propose,
                review_id,
                tier=given.required("tier"),
                reason=given.required("reason"),
                valid_until=None if until is None else _day(until),
            )
        )

    async def on_post_approve(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, review_id: str) -> None:
        """Approves a proposed tier; not by who proposed it."""
        resp.media = wire(await self.commands.run(actor_of(req), tier_reviews.approve, review_id))

    async def on_post_decline(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, review_id: str) -> None:
        """Declines a proposed tier."""
        resp.media = wire(await self.commands.run(actor_of(req), tier_reviews.decline, review_id))


class Rewards(Resource):
    """Referrals at signing, rentals at settlement."""

    async def on_post_referral(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Registers that a customer brought another one."""
        given = Parameters(await read_body(req))
        referral = await self.commands.run(
            actor_of(req),
            rewards.register,
            referrer_ref=given.required("referrerRef"),
            referred_ref=given.required("referredRef"),
            contract_ref=given.required("contractRef"),
            planned_days=_number(given, "plannedDays", MOST_DAYS),
            same_person=given.boolean("samePerson") or False,
            suspicious=given.boolean("suspicious") or False,
        )
        resp.status = falcon.HTTP_201
        resp.media = wire(referral)

    async def on_post_settlement(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Books what a settled contract earns."""
        given = Parameters(await read_body(req))
        settled = await self.commands.run(
            actor_of(req),
            rewards.settle,
            contract_ref=given.required("contractRef"),
            customer_ref=given.required("customerRef"),
            charged_days=_number(given, "chargedDays", MOST_DAYS),
            paid_fen=_number(given, "paidFen", MOST_FEN),
        )
        resp.status = falcon.HTTP_201
        resp.media = wire(settled)

    async def on_post_cancellation(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Takes back what a cancelled contract had earned."""
        contract_ref = Parameters(await read_body(req)).required("contractRef")
        resp.media = wire(await self.commands.run(actor_of(req), rewards.cancel, contract_ref))

    async def on_post_review(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, referral_id: str) -> None:
        """Decides a referral that needs a person."""
        clear = Parameters(await read_body(req)).boolean("clear")
        if clear is None:
            raise InvalidRequest("clear is missing: true lets the referral go on, false ends it")
        resp.media = wire(await self.commands.run(actor_of(req), rewards.review, referral_id, clear=clear))


class Scores(Resource):
    """The scores of a quarter: targets before it, frozen after it, confirmed by the committee."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, period: str) -> None:
        """The scores of a period."""
        found = await self.commands.read(actor_of(req), scorecards.scores, period)
        proposals = await self.commands.read(actor_of(req), award_proposals.of_period, period)
        resp.media = wire({"scores": found, "proposals": proposals})

    async def on_put_targets(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, period: str) -> None:
        """Sets the targets of a period."""
        targets = await read_body(req)
        await self.commands.run(actor_of(req), scorecards.set_targets, period, targets)
        resp.media = wire({"period": period, "targets": targets})

    async def on_post_freeze(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, period: str) -> None:
        """Freezes the figures of a period."""
        resp.media = wire(await self.commands.run(actor_of(req), scorecards.freeze, period))

    async def on_post_confirm(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, period: str) -> None:
        """Confirms the scores of a period."""
        given = Parameters(await read_body(req))
        ties, reason = given.mapping("ties"), given.text("reason")
        if not all(isinstance(said, Mapping) for said in ties.values()):
            raise InvalidRequest("ties say for each department {award: true|false, rectification: true|false}")
        confirmed = await self.commands.run(actor_of(req), scorecards.confirm, period, ties=ties, reason=reason)
        resp.media = wire(confirmed)


class Awards(Resource):
    """Proposals of awards and penalties, as people decide them."""

    async def on_get_period(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, period: str) -> None:
        """Lists the proposals of a quarter or a month."""
        resp.media = wire(await self.commands.read(actor_of(req), award_proposals.of_period, period))

    async def on_post_period(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, period: str) -> None:
        """Judges all agents of a month and proposes what they earned (DT-09)."""
        resp.status = falcon.HTTP_201
        resp.media = wire(await self.commands.run(actor_of(req), award_proposals.month_sheets, period))

    async def on_post_penalties(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Proposes to lower the performance pay of a month; hearing and decision follow (P-28)."""
        given = Parameters(await read_body(req))
        finding = given.boolean("causalFinding")
        if finding is None:
            raise InvalidRequest("causalFinding is missing: true or false")
        proposed = await self.commands.run(
            actor_of(req),
            award_proposals.propose_penalty,
            agent=given.required("agent"),
            month=given.required("month"),
            cause=given.required("cause"),
            performance_pay_fen=_number(given, "performancePayFen", MOST_FEN),
            reason=given.required("reason"),
            causal_finding=finding,
            account_closed=given.boolean("accountClosed") or False,
            days_without_rental=given.integer("daysWithoutRental", most=MOST_DAYS),
        )
        resp.status = falcon.HTTP_201
        resp.media = wire(proposed)

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, award_id: str) -> None:
        """Shows one proposal and where it stands."""
        resp.media = wire(await self.commands.read(actor_of(req), award_proposals.read, award_id))

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, award_id: str, verb: str) -> None:
        """Proposes, approves or declines an award."""
        given = Parameters(await read_body(req))
        actor = actor_of(req)
        if verb in DECISIONS:
            accept = given.boolean("accept")
            if accept is None:
                raise InvalidRequest("accept is missing: true or false")
            resp.media = wire(await self.commands.run(actor, DECISIONS[verb], award_id, accept=accept))
        elif verb in STEPS:
            resp.media = wire(await self.commands.run(actor, STEPS[verb], award_id))
        else:
            raise InvalidRequest(f"what can be done is {', '.join((*DECISIONS, *STEPS))}")


DECISIONS: Mapping[str, Callable[..., award_proposals.Proposal]] = {
    "decide": award_proposals.decide_award,
    "decide-penalty": award_proposals.decide_penalty,
}
STEPS: Mapping[str, Callable[..., award_proposals.Proposal]] = {
    "hear": award_proposals.hear,
    "execute": award_proposals.execute,
    "hand-in": award_proposals.hand_in,
}


def _number(given: Parameters, name: str, most: int) -> int:
    number = given.integer(name, most=most)
    if number is None:
        raise InvalidRequest(f"{name} is missing")
    return number


def _amounts(given: Parameters, name: str) -> tuple[int, ...]:
    amounts = given.raw(name) or []
    if not isinstance(amounts, list) or not all(type(one) is int and 0 <= one <= MOST_FEN for one in amounts):
        raise InvalidRequest(f"{name} must be a list of whole numbers from 0 to {MOST_FEN}")
    return tuple(amounts)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise InvalidRequest("a day is written 2027-06-30") from cause


def wire(value: Any, name: str = "") -> Any:
    """Returns the JSON form: camel case, instants and days as text; a whole number named `…_at` is an instant."""
    if is_dataclass(value) and not isinstance(value, type):
        return {_camel(field.name): wire(getattr(value, field.name), field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {_camel(str(key)): wire(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [wire(item) for item in value]
    if isinstance(value, datetime):
        return write_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if name.endswith("_at") and isinstance(value, int):
        return write_micros(value)
    if value is None or isinstance(value, (bool, int, str, Decimal)):
        return value
    raise TypeError(f"a {type(value).__name__} has no form on the wire")


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in others)


def own_routes(parts: Parts) -> Iterable[Route]:
    customers, redemptions = Customers(parts.commands), Redemptions(parts.commands)
    runs, reviews = TierRuns(parts.commands), TierReviews(parts.commands)
    rewards, scores, awards = Rewards(parts.commands), Scores(parts.commands), Awards(parts.commands)
    return [
        ("/api/facts", Facts(parts.commands), None),
        ("/api/customers/{customer_ref}/tier", customers, "tier"),
        ("/api/customers/{customer_ref}/tier/review", customers, "review"),
        ("/api/customers/{customer_ref}/rewards", customers, "rewards"),
        ("/api/customers/{customer_ref}/exchange", redemptions, "exchange"),
        ("/api/customers/{customer_ref}/price", redemptions, "price"),
        ("/api/coupons/{coupon_no}/redeem", redemptions, "redeem"),
        ("/api/settlements/{contract_ref}/rating", redemptions, "rating"),
        ("/api/settlements/{contract_ref}/reversal", redemptions, "reversal"),
        ("/api/tier-runs", runs, None),
        ("/api/tier-runs/{run_id}", runs, "one"),
        ("/api/tier-reviews", reviews, None),
        ("/api/tier-reviews/{review_id}/propose", reviews, "propose"),
        ("/api/tier-reviews/{review_id}/approve", reviews, "approve"),
        ("/api/tier-reviews/{review_id}/decline", reviews, "decline"),
        ("/api/referrals", rewards, "referral"),
        ("/api/referrals/{referral_id}/review", rewards, "review"),
        ("/api/cancellations", rewards, "cancellation"),
        ("/api/settlements", rewards, "settlement"),
        ("/api/scores/{period}", scores, None),
        ("/api/scores/{period}/targets", scores, "targets"),
        ("/api/scores/{period}/freeze", scores, "freeze"),
        ("/api/scores/{period}/confirm", scores, "confirm"),
        ("/api/awards/periods/{period}", awards, "period"),
        ("/api/awards/penalties", awards, "penalties"),
        ("/api/awards/{award_id}", awards, "one"),
        ("/api/awards/{award_id}/{verb}", awards, None),
    ]
