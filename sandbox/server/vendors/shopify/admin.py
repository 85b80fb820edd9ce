"""The GraphQL Admin API of one shop. Source: source_apis.md E.1, E.2, E.5, E.7.

Quirks: `scopes_missing` (as if the merchant had not granted them), `most_objects` (25,000) of one paginated query,
`bucket` (points available before the call), `restore_rate`, `webhooks_gone` (topics whose subscription was removed),
`internal_error` (a body that says INTERNAL_SERVER_ERROR).
"""

import base64
import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)

from sandbox.server.refusal import Refusal
from sandbox.server.surface import Call, Malformed, Reply
from sandbox.server.tokens import Token, demo_number
from sandbox.server.vendors.shopify.cost import MOST_OF_ONE_QUERY, RESTORE_RATE, Bucket, query_cost
from sandbox.server.vendors.shopify.orders import Presentment, ShopOrders, View, connection
from sandbox.server.vendors.shopify.search import Search, parse_search
from sandbox.world.local_time import instant_us

SCOPES = frozenset(
    {"read_orders", "read_all_orders", "read_products", "read_inventory", "read_customers", "write_webhooks"}
)
TOPICS = ("ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_PAID", "ORDERS_EDITED", "ORDERS_CANCELLED", "REFUNDS_CREATE")
TOPICS_OF_APP = (*TOPICS, "APP_UNINSTALLED")
VERSIONS = ("2025-10", "2026-01", "2026-04", "2026-07", "2026-10")
_LARGEST_PAGE, _MOST_OBJECTS = 250, 25_000
_WALL = timedelta(days=60)
_SORT_FIELDS = {"UPDATED_AT": "updated_at", "CREATED_AT": "created_at", "PROCESSED_AT": "created_at"}


@dataclass
class Admin:
    """One shop's API and the caller's bucket."""

    slug: str
    orders: ShopOrders
    bucket: Bucket = field(default_factory=Bucket)

    def answer(self, call: Call, token: Token) -> Reply:
        """Answer a query; raises Refusal."""
        query, variables, name = _asked(call)
        document = _parsed(query)
        operation = get_operation_ast(document, name)
        if operation is None:
            raise _refusal("shopify.E1.operation", "An operation name is required", "missingOperation")
        fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
        cost = query_cost(schema(), operation, fragments, variables)
        if cost > MOST_OF_ONE_QUERY:
            message = f"Query cost is {cost}, which exceeds the single query max cost limit ({MOST_OF_ONE_QUERY})."
            raise _refusal("shopify.E5.max-cost", message, "MAX_COST_EXCEEDED", cost=cost, maxCost=MOST_OF_ONE_QUERY)
        return self._executed(call, token, document, operation, variables, cost)

    def _executed(
        self,
        call: Call,
        token: Token,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        cost: int,
    ) -> Reply:
        rate = float(call.quirk("restore_rate", RESTORE_RATE))
        self.bucket.refill(call.now, rate)
        self.bucket.available = float(call.quirk("bucket", self.bucket.available))
        if cost > self.bucket.available:
            throttled = {
                "requestedQueryCost": cost,
                "actualQueryCost": None,
                "throttleStatus": self.bucket.status(rate),
            }
            body = {"errors": [_error("Throttled", "THROTTLED")], "extensions": {"cost": throttled}}
            raise Refusal("shopify.E5.throttled", f"cost {cost} of {int(self.bucket.available)}", Reply(200, body))
        root = _Root(self, call, token.scopes - set(call.quirk("scopes_missing", [])))
        done = execute_sync(
            schema(), document, root, variable_values=variables, operation_name=operation.name and operation.name.value
        )
        self.bucket.available -= cost
        spent = {"requestedQueryCost": cost, "actualQueryCost": cost, "throttleStatus": self.bucket.status(rate)}
        extensions: dict[str, Any] = {"cost": spent}
        if root.warnings:
            extensions["search"] = root.warnings
        body = {"data": done.data, "extensions": extensions}
        if done.errors:
            body["errors"] = [_shown(one) for one in done.errors]
        call.did("accepted")
        return Reply(200, body)


@cache
def schema() -> GraphQLSchema:
    """Return the schema of schema.graphql."""
    return build_schema((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8"))


class _Root:
    """The fields of QueryRoot; the executor calls them with their arguments."""

    def __init__(self, admin: Admin, call: Call, scopes: frozenset[str]) -> None:
        self._admin, self._call, self._scopes = admin, call, scopes
        self.warnings: list[dict[str, Any]] = []
        asked = call.quirk("presentment")
        presentment = Presentment(asked["currency"], Decimal(str(asked["rate"]))) if asked else None
        self._view = View(instant_us(call.now), presentment, bool(call.quirk("journeys_ready", True)))

    def orders(self, info: Any, sortKey: str, reverse: bool, **asked: Any) -> dict[str, Any]:
        self._needs("read_orders", "orders")
        first = self._page_size(asked)
        search = self._search(asked.get("query"))
        found = self._sorted(search, _SORT_FIELDS.get(sortKey, "id"), reverse)
        start = self._after(found, asked.get("after"))
        most = int(self._call.quirk("most_objects", _MOST_OBJECTS))
        if start + first > most and len(found) > most:
            self._call.broke("shopify.E2.object-cap", f"a paginated query ends at {most:,} objects")
            found = found[:most]
        shown = found[start : start + first]
        edges = [{"cursor": _cursor(key), "node": self._order(order, at)} for key, order, at in shown]
        return {
            "edges": edges,
            "nodes": [one["node"] for one in edges],
            "pageInfo": {
                "hasNextPage": start + len(shown) < len(found),
                "hasPreviousPage": start > 0,
                "startCursor": edges[0]["cursor"] if edges else None,
                "endCursor": edges[-1]["cursor"] if edges else None,
            },
        }

    def order(self, info: Any, id: str) -> dict[str, Any] | None:
        self._needs("read_orders", "order")
        for order, at in self._visible(Search((), ())):
            shown = self._order(order, at)
            if shown["id"] == id:
                return shown
        return None

    def ordersCount(self, info: Any, limit: int | None = None, query: str | None = None) -> dict[str, Any]:
        """Count what orders(query:) would list; above a limit only as AT_LEAST. Source: validation_apis.md L5."""
        self._needs("read_orders", "ordersCount")
        count = len(self._visible(self._search(query)))
        if limit is not None and count > limit:
            return {"count": limit, "precision": "AT_LEAST"}
        return {"count": count, "precision": "EXACT"}

    def shop(self, info: Any) -> dict[str, Any]:
        shop = self._admin.orders.world.shop
        return {
            "id": f"gid://shopify/Shop/{demo_number('shopify', shop.slug, 'shop', 11)}",
            "name": shop.name,
            "myshopifyDomain": f"{shop.slug}.myshopify.com",
            "ianaTimezone": shop.timezone,
            "currencyCode": shop.currency,
            "createdAt": f"{self._admin.orders.world.start - timedelta(days=400)}T09:00:00Z",
        }

    def webhookSubscriptions(
        self, info: Any, first: int | None = None, after: str | None = None, topics: list[str] | None = None
    ) -> dict[str, Any]:
        gone = set(self._call.quirk("webhooks_gone", []))
        stamp = "2026-01-01T00:00:00Z"
        known = [
            {
                "id": f"gid://shopify/WebhookSubscription/{9_000_000_000 + number}",
                "topic": topic,
                "uri": f"https://hooks.example/{self._admin.slug}",
                "format": "JSON",
                "includeFields": [],
                "createdAt": stamp,
                "updatedAt": stamp,
            }
            for number, topic in enumerate(TOPICS_OF_APP)
            if topic not in gone and (not topics or topic in topics)
        ]
        return connection(known)(info, first=first, after=after)

    def currentAppInstallation(self, info: Any) -> dict[str, Any]:
        return {"accessScopes": [{"handle": one} for one in sorted(self._scopes)]}

    def _needs(self, scope: str, path: str) -> None:
        if scope not in self._scopes:
            raise _denied(scope, path)

    def _page_size(self, asked: dict[str, Any]) -> int:
        first = asked.get("first")
        if first is None or not 0 < first <= _LARGEST_PAGE:
            self._call.broke("shopify.E2.first", f"first must be 1 to {_LARGEST_PAGE}")
            raise GraphQLError(f"first must be 1 to {_LARGEST_PAGE}", extensions={"code": "BAD_REQUEST"})
        return int(first)

    def _search(self, text: str | None) -> Search:
        search = parse_search(text)
        for one in search.ignored:
            self._call.broke("shopify.E2.search-ignored", "a term that the search does not know is ignored")
            warning = {"field": one, "message": "Invalid search field for this query.", "code": "invalid_field"}
            self.warnings.append({"path": ["orders"], "query": text, "warnings": [warning]})
        return search

    def _visible(self, search: Search) -> list[tuple[int, int]]:
        """Return (order, changed at) of the orders that the caller may see and the search asks for."""
        placed_at = self._admin.orders.world.orders.placed_at
        order, changed = self._admin.orders.changed_at(self._view.instant)
        wall = instant_us(self._call.now - _WALL) if "read_all_orders" not in self._scopes else None
        found, hidden = [], 0
        for one, at in zip(order.tolist(), changed.tolist(), strict=True):
            times = {"updated_at": at, "created_at": int(placed_at[one]), "processed_at": int(placed_at[one])}
            if not all(term.holds(times[term.field]) for term in search.terms):
                continue
            if wall is not None and times["created_at"] < wall:
                hidden += 1
            else:
                found.append((one, at))
        if hidden:
            self._call.broke("shopify.E1.sixty-day-wall", f"{hidden:,} orders older than 60 days are not there")
        return found

    def _sorted(self, search: Search, by: str, reverse: bool) -> list[tuple[tuple[int, int], int, int]]:
        placed_at = self._admin.orders.world.orders.placed_at
        keyed = [
            (({"updated_at": at, "created_at": int(placed_at[order])}.get(by, order), order), order, at)
            for order, at in self._visible(search)
        ]
        return sorted(keyed, reverse=reverse)

    def _after(self, found: list[tuple[tuple[int, int], int, int]], cursor: str | None) -> int:
        if not cursor:
            return 0
        try:
            value, number = json.loads(base64.urlsafe_b64decode(cursor))
        except ValueError:
            self._call.broke("shopify.E2.cursor", "after is no cursor")
            raise GraphQLError(
                "Invalid cursor for current pagination sort.", extensions={"code": "BAD_CURSOR"}
            ) from None
        # An order that changed meanwhile moved on: what it left behind is no gap.
        keys = [key for key, _, _ in found]
        descending = len(keys) > 1 and keys[0] > keys[-1]
        at = (value, number)
        return sum((key >= at) if descending else (key <= at) for key in keys)

    def _order(self, order: int, at: int) -> dict[str, Any]:
        shown = self._admin.orders.order(order, at, self._view)
        if "read_customers" not in self._scopes:
            shown["customer"] = _denying("read_customers", "customer")
        if "read_inventory" not in self._scopes:
            shown["lineItems"] = _without_cost(shown["lineItems"])
        return shown


def served_version(asked: str | None) -> str | None:
    """Return the version that answers: an old one falls forward to the oldest that lives; None when it is none."""
    if asked is None:
        return VERSIONS[0]
    if asked == "unstable" or asked in VERSIONS:
        return asked
    try:
        date.fromisoformat(f"{asked}-01")
    except ValueError:
        return None
    return VERSIONS[0] if asked < VERSIONS[0] else None


def _asked(call: Call) -> tuple[str, dict[str, Any], str | None]:
    try:
        body = call.json()
    except Malformed:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        reply = Reply(400, {"errors": {"query": "Required parameter missing or invalid"}})
        raise Refusal("shopify.E1.body", "the body is not JSON with a query", reply)
    if call.quirk("internal_error", False):
        message = "Internal error. Looks like something went wrong on our end."
        raise Refusal("", "", Reply(200, {"errors": [_error(message, "INTERNAL_SERVER_ERROR")]}))
    return body["query"], dict(body.get("variables") or {}), body.get("operationName")


def _parsed(query: str) -> DocumentNode:
    try:
        document = parse(query)
    except GraphQLError as error:
        raise _refusal("shopify.E1.syntax", error.message[:200], "parseError") from None
    wrong = validate(schema(), document)
    if wrong:
        raise _refusal("shopify.E2.field", wrong[0].message[:200], "undefinedField")
    return document


def _refusal(rule: str, message: str, code: str, **more: Any) -> Refusal:
    return Refusal(rule, message, Reply(200, {"errors": [_error(message, code, **more)]}))


def _error(message: str, code: str, **more: Any) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, **more}}


def _shown(error: GraphQLError) -> dict[str, Any]:
    shown = {"message": error.message, "path": error.path, "extensions": error.extensions or {}}
    return {name: value for name, value in shown.items() if value is not None}


def _denied(scope: str, path: str) -> GraphQLError:
    message = f"Access denied for {path} field. Required access: `{scope}` access scope."
    return GraphQLError(message, extensions={"code": "ACCESS_DENIED", "requiredAccess": f"`{scope}` access scope."})


def _denying(scope: str, path: str) -> Any:
    def denied(info: Any) -> Any:
        raise _denied(scope, path)

    return denied


def _without_cost(lines: Any) -> Any:
    def page(info: Any, **asked: Any) -> dict[str, Any]:
        shown: dict[str, Any] = lines(info, **asked)
        for one in shown["nodes"]:
            if one["variant"]:
                one["variant"]["inventoryItem"]["unitCost"] = _denying("read_inventory", "unitCost")
        return shown

    return page


def _cursor(key: tuple[int, int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode()
