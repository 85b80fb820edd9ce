"""Fairing: answers to surveys after checkout. Source: source_apis.md D.1, D.2.

Quirks: `generation` "old" (since, until, after, before, at most 100 a page; what it does not know it ignores), `bearer`
(the token is expected behind "Bearer"), `calls_per_minute` (100).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import numpy as np

from sandbox.server.ad_platform import Spent
from sandbox.server.connection import connection, connection_id
from sandbox.server.finding import words
from sandbox.server.house import House, Shops
from sandbox.server.refusal import Refusal, refusing
from sandbox.server.surface import Call, Handler, Reply, Route, Surface
from sandbox.server.tokens import Token, demo_secret
from sandbox.world.external_ids import customer_ids, order_ids
from sandbox.world.local_time import SECOND, instant_us
from sandbox.world.survey import CHOICES, OTHER, Answer, answers
from sandbox.world.world import World

PREFIX = "/fairing"
QUESTION_ID = 4101
_PROMPT = "How did you hear about us?"
_NEW = words(
    "inserted_at_min inserted_at_max updated_at_min updated_at_max starting_after ending_before sort limit question_id"
)
_OLD = words("since until after before limit question_id")
_LARGEST_PAGE = {"new": 1000, "old": 100}
_DEFAULT_PAGE = 100
_CALLS_PER_MINUTE = 100


def surface(house: House) -> Surface:
    """Return the surface."""
    for slug in house.shops.slugs:
        house.tokens.add(demo_secret("fairing", slug, "access"), Token("fairing", slug))
    spent = Spent(timedelta(minutes=1))

    def serve(handler: Handler) -> Route:
        def served(call: Call) -> Reply:
            slug = _caller(call).subject
            if spent.spend(slug, call.now) > int(call.quirk("calls_per_minute", _CALLS_PER_MINUTE)):
                raise _refused("fairing.D1.rate", 429, "Too Many Requests")
            return handler(call)

        return Route("GET", f"/api/{handler.__name__}", refusing(served))

    def responses(call: Call) -> Reply:
        return _responses(house, call)

    def questions(call: Call) -> Reply:
        call.did("accepted")
        return Reply(200, {"data": [_question()], "next": None, "prev": None})

    return Surface(
        "fairing",
        PREFIX,
        "https://app.fairing.co",
        (serve(responses), serve(questions)),
        error=_worded_error,
        connections=_connections,
    )


@dataclass(frozen=True)
class _Asked:
    """What a page is asked for: filters on instants (microseconds UTC, closed), a position and a size."""

    inserted: tuple[int, int]
    updated: tuple[int, int]
    ascending: bool
    after: int | None
    before: int | None
    limit: int
    question_id: str


def _responses(house: House, call: Call) -> Reply:
    generation = str(call.quirk("generation", "new"))
    asked = _read(call, generation)
    slug = _caller(call).subject
    now = instant_us(call.now)
    world = house.shops.world(slug)
    known = [one for one in _answers(house.shops, slug) if one.answered_at <= now < one.deleted_at]
    found = sorted(
        (one for one in known if _matches(one, asked, now)), key=lambda one: one.number, reverse=not asked.ascending
    )
    page = _position(found, asked)[: asked.limit]
    call.did("accepted")
    return Reply(
        200,
        {
            "data": [_shown(world, one, now) for one in page],
            # Followed to its end, `next` leads to an empty page before it is null.
            "next": _link(call, generation, "after", page[-1].number) if page else None,
            "prev": _link(call, generation, "before", page[0].number) if page else None,
        },
    )


def _matches(one: Answer, asked: _Asked, now: int) -> bool:
    updated_at = one.corrected_at if one.corrected_at <= now else one.answered_at
    in_time = asked.inserted[0] <= one.answered_at <= asked.inserted[1]
    return (
        in_time and asked.updated[0] <= updated_at <= asked.updated[1] and asked.question_id in ("", str(QUESTION_ID))
    )


def _position(found: Sequence[Answer], asked: _Asked) -> list[Answer]:
    if asked.after is not None:
        return [one for one in found if (one.number > asked.after) == asked.ascending and one.number != asked.after]
    if asked.before is not None:
        kept = [one for one in found if (one.number < asked.before) == asked.ascending and one.number != asked.before]
        return kept[-asked.limit :]
    return list(found)


def _read(call: Call, generation: str) -> _Asked:
    known = _NEW if generation == "new" else _OLD
    foreign = sorted(set(call.query) - known)
    if foreign and generation == "new":
        call.broke("fairing.D1.ignored", f"{foreign[0][:40]} is ignored")
    query = {name: value for name, value in call.query.items() if name in known}
    if "starting_after" in query and "ending_before" in query:
        raise _refused("fairing.D1.both-cursors", 400, "starting_after and ending_before exclude each other")
    sort = query.get("sort", "inserted_at_desc")
    if sort not in ("inserted_at_asc", "inserted_at_desc"):
        raise _refused("fairing.D1.sort", 400, "sort")
    limit = query.get("limit", str(_DEFAULT_PAGE))
    if not limit.isdecimal() or not 0 < int(limit) <= _LARGEST_PAGE[generation]:
        raise _refused("fairing.D1.limit", 400, f"limit must be 1 to {_LARGEST_PAGE[generation]}")
    return _Asked(
        inserted=(_since(query, "inserted_at_min", "since"), _until(query, "inserted_at_max", "until")),
        updated=(_since(query, "updated_at_min"), _until(query, "updated_at_max")),
        ascending=sort == "inserted_at_asc",
        after=_number(query, "starting_after", "after"),
        before=_number(query, "ending_before", "before"),
        limit=int(limit),
        question_id=query.get("question_id", ""),
    )


def _since(query: Mapping[str, str], *names: str) -> int:
    return max((_instant(query[name]) for name in names if name in query), default=0)


def _until(query: Mapping[str, str], *names: str) -> int:
    return min((_instant(query[name]) for name in names if name in query), default=2**62)


def _instant(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _refused("fairing.D1.time", 400, "times are ISO 8601") from None
    return instant_us(at if at.tzinfo else at.replace(tzinfo=UTC))


def _number(query: Mapping[str, str], *names: str) -> int | None:
    for name in names:
        if name in query:
            if not query[name].isdecimal():
                raise _refused("fairing.D1.cursor", 400, f"{name} must be the id of a response")
            return int(query[name])
    return None


def _link(call: Call, generation: str, direction: str, number: int) -> str:
    names = {"new": {"after": "starting_after", "before": "ending_before"}}.get(
        generation, {"after": "after", "before": "before"}
    )
    cursors = {"starting_after", "ending_before", "after", "before"}
    kept = {name: value for name, value in call.query.items() if name not in cursors}
    return f"http://{call.headers.get('host')}{PREFIX}{call.path}?{urlencode({**kept, names[direction]: number})}"


def _shown(world: World, one: Answer, now: int) -> dict[str, Any]:
    orders = world.orders
    corrected = one.corrected_at <= now
    choice = CHOICES[one.choice_at(now)]
    order_id = order_ids(np.array([one.order]))[0].as_py()
    customer = int(orders.customer[one.order])
    return {
        "id": one.number,
        "inserted_at": _iso(one.answered_at),
        "updated_at": _iso(one.corrected_at if corrected else one.answered_at),
        "response_provided_at": _iso(one.answered_at),
        "question": _PROMPT,
        "question_id": QUESTION_ID,
        "question_type": "single_response",
        "response": choice,
        "response_id": 70_000 + one.choice_at(now),
        "response_position": one.choice_at(now) + 1,
        "other": one.choice_at(now) == OTHER,
        "other_response": one.own_words or None,
        "original_response": CHOICES[one.choice],
        "available_responses": list(CHOICES),
        "clarification_question": False,
        "referring_question": None,
        "referring_question_id": None,
        "submit_delta": 9000 + one.number % 5000,
        "customer_id": customer_ids(np.array([customer]))[0].as_py(),
        "customer_order_count": 1,
        "email": f"buyer.{one.order}@example.com",
        # Both forms occur.
        "order_id": f"gid://shopify/Order/{order_id}" if one.number % 2 else int(order_id),
        "order_number": 1001 + one.order,
        "order_platform": "shopify",
        "order_source": "web",
        "order_total": "19.90" if one.number % 3 else 19.9,
        "order_currency_code": world.shop.currency,
        "coupon_code": None,
        "landing_page_path": None,
        "referring_site": None,
        "utm_source": None,
        "utm_medium": None,
        "utm_campaign": None,
    }


def _question() -> dict[str, Any]:
    return {
        "id": QUESTION_ID,
        "type": "single_response",
        "prompt": _PROMPT,
        "customer_type": "everyone",
        "frequency_type": "always",
        "allow_other": True,
        "other_placeholder": "Tell us more",
        "max_responses": 1,
        "published_at": "2025-11-01T00:00:00Z",
        "randomize_responses": True,
        "responses": [
            {"id": 70_000 + number, "value": text, "clarification_question": None}
            for number, text in enumerate(CHOICES)
        ],
    }


def _caller(call: Call) -> Token:
    sent = call.headers.get("authorization", "").strip()
    scheme, _, rest = sent.partition(" ")
    is_bearer = scheme.lower() == "bearer"
    text = rest.strip() if is_bearer else sent
    token = call.credential(text)
    if token is None or not token.alive(call.now):
        raise _refused("fairing.D1.401", 401, "Unauthorized")
    if is_bearer != bool(call.quirk("bearer", False)):
        raise _refused("fairing.D1.scheme", 401, "Unauthorized")
    return token


def _refused(rule: str, status: int, message: str) -> Refusal:
    return Refusal(rule, message, Reply(status, {"message": message, "status": status}))


def _worded_error(parameters: Mapping[str, Any]) -> Reply:
    """Return the error a fault asks for: status (429), message."""
    status = int(parameters.get("status", 429))
    return Reply(status, {"message": str(parameters.get("message", "Too Many Requests")), "status": status})


def _connections(origin: str, slug: str) -> dict[str, Any]:
    made = connection(origin, "fairing", demo_secret("fairing", slug, "access"), {"base_path": PREFIX})
    return {connection_id(slug, "fairing"): made}


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=8)
def _answers(shops: Shops, slug: str) -> list[Answer]:
    return answers(shops.world(slug))
