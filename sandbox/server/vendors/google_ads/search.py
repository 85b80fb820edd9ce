"""search and searchStream. Source: source_apis.md B.3 to B.5.

Quirks: `page_rows` (10,000), `batch_rows` of a stream, `page_tokens_expired`; `missing_campaign: n` (the n-th is in no
report below the customer), `currency` and `time_zone` of the customer, and of a daily report's first row `foreign_day`
(the day before the range), `repeated` (it comes twice), `unreadable` (its cost is no number); beside those of
customers.py.
"""

import base64
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sandbox.server.surface import Call, Malformed, Reply, Route
from sandbox.server.vendors.google_ads.customers import Customers
from sandbox.server.vendors.google_ads.envelope import refused, request_id
from sandbox.server.vendors.google_ads.gaql import BadQuery, Query, camel, nested, parse
from sandbox.server.vendors.google_ads.rows import (
    CLICK_WINDOW_DAYS,
    PURCHASE_ACTION,
    VIEW_WINDOW_DAYS,
    report_rows,
    shifts_today,
)

_ROWS_A_PAGE = 10_000
_SEARCH_FIELDS = frozenset({"query", "pageToken", "searchSettings", "validateOnly"})
_STREAM_FIELDS = frozenset({"query", "summaryRowSetting"})

Rows = Callable[[Call, Query], list[dict[str, Any]]]


def routes(customers: Customers) -> tuple[Route, ...]:
    """Return the routes."""
    at = "/{version}/customers/{customer}/googleAds"

    def search(call: Call) -> Reply:
        body = _body(call, _SEARCH_FIELDS)
        rows, query = _run(call, customers, body)
        start = _start(call, body)
        size = int(call.quirk("page_rows", _ROWS_A_PAGE))
        page = rows[start : start + size]
        found: dict[str, Any] = {"results": page} if page else {}
        if start + size < len(rows):
            found["nextPageToken"] = _page_token(body, start + size)
        call.did("accepted")
        answered = found | {"totalResultsCount": str(len(rows)), "fieldMask": _mask(query)}
        return Reply(200, answered, {"request-id": request_id(call.body.decode())})

    def stream(call: Call) -> Reply:
        rows, query = _run(call, customers, _body(call, _STREAM_FIELDS))
        size = int(call.quirk("batch_rows", _ROWS_A_PAGE))
        number = request_id(call.body.decode())
        batches = [
            {"results": rows[start : start + size], "fieldMask": _mask(query), "requestId": number}
            for start in range(0, len(rows), size)
        ]
        call.did("accepted")
        # An empty result is one batch without rows, not an empty array.
        return Reply(200, batches or [{"fieldMask": _mask(query), "requestId": number}], {"request-id": number})

    def accessible(call: Call) -> Reply:
        manager = customers.manager(customers.caller(call).subject)
        call.did("accepted")
        return Reply(200, {"resourceNames": [f"customers/{manager}"]}, {"request-id": request_id(manager)})

    return (
        Route("POST", f"{at}:search", customers.serve(search)),
        Route("POST", f"{at}:searchStream", customers.serve(stream)),
        Route("GET", "/{version}/customers:listAccessibleCustomers", customers.serve(accessible)),
    )


def _body(call: Call, known: frozenset[str]) -> dict[str, Any]:
    try:
        body = call.json()
    except Malformed:
        body = None
    if not isinstance(body, dict):
        raise refused(call, "google_ads.B3.json", "requestError", "", "Invalid JSON payload received.", bare=True)
    if "pageSize" in body or "page_size" in body:
        message = "Setting the page size is not supported; a page has 10,000 rows."
        raise refused(call, "google_ads.B3.page-size", "requestError", "PAGE_SIZE_NOT_SUPPORTED", message)
    unknown = sorted(set(body) - known)
    if unknown:
        message = f'Invalid JSON payload received. Unknown name "{unknown[0][:40]}".'
        raise refused(call, "google_ads.B3.unknown-field", "requestError", "", message, bare=True)
    return body


def _run(call: Call, customers: Customers, body: dict[str, Any]) -> tuple[list[dict[str, Any]], Query]:
    customer = call.variables["customer"]
    customers.check_access(call, customer)
    # A report is one operation however many pages it has.
    if not body.get("pageToken"):
        customers.spend_operation(call)
    try:
        query = parse(str(body.get("query", "")))
        rows = _rows(call, customers, customer, query)
    except BadQuery as error:
        rule = "google_ads.B5.retention" if error.family == "dateRangeError" else f"google_ads.B4.{_RULES[error.name]}"
        raise refused(call, rule, error.family, error.name, str(error)) from None
    return rows[: query.limit] if query.limit else rows, query


_RULES = dict.fromkeys(
    (
        "EXPECTED_SELECT", "EXPECTED_FIELD", "EXPECTED_FROM", "EXPECTED_RESOURCE", "EXPECTED_BY", "EXPECTED_OPERATOR",
        "EXPECTED_AND", "EXPECTED_VALUE", "EXPECTED_CLOSING_PARENTHESIS", "BAD_SYMBOL", "BAD_LIMIT_VALUE",
        "UNEXPECTED_INPUT", "BAD_OPERATOR", "BAD_VALUE",
    ),
    "syntax",
) | {
    "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE": "resource",
    "UNRECOGNIZED_FIELD": "field",
    "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE": "metric",
    "PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE": "segment",
    "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE": "foreign-field",
    "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE": "not-selected",
    "PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE": "cost-by-action",
    "EXPECTED_FILTERS_ON_DATE_RANGE": "no-dates",
    "DATE_RANGE_TOO_NARROW": "date-order",
    "REQUESTED_METRICS_FOR_MANAGER": "manager",
}  # fmt: skip


def _rows(call: Call, customers: Customers, customer: str, query: Query) -> list[dict[str, Any]]:
    slug = customers.manages(customer)
    if query.resource == "customer_client":
        return _clients(customers, customer, slug, query)
    if slug is not None:
        if query.has_metrics:
            raise BadQuery("REQUESTED_METRICS_FOR_MANAGER", "Metrics cannot be requested for a manager account.")
        return []
    reports = customers.reports(customer)
    if query.resource == "conversion_action":
        return [nested(_conversion_action(customer, query))]
    if any(one.field == "campaign.status" and "REMOVED" in one.values for one in query.conditions):
        call.broke("google_ads.B4.status-filter", "removed campaigns have spent, and their rows are gone")
    now = call.now
    if shifts_today(query, now, reports.account.profile.timezone):
        call.broke("google_ads.B5.during", "shortly after midnight TODAY is still yesterday")
        now -= timedelta(hours=3)
    return _spoiled(call, query, report_rows(reports, query, now))


def _spoiled(call: Call, query: Query, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of a report as the quirks want them: short of a campaign, or with a first row that is wrong."""
    number = call.quirk("missing_campaign")
    if number is not None and query.has_metrics and query.resource != "customer":
        names = sorted({row["campaign"]["resourceName"] for row in rows})
        rows = [row for row in rows if row["campaign"]["resourceName"] not in names[number : number + 1]]
    changed = {"currencyCode": call.quirk("currency"), "timeZone": call.quirk("time_zone")}
    for name, value in changed.items():
        if value is not None:
            rows = [row | {"customer": row.get("customer", {}) | {name: value}} for row in rows]
    if not rows or not query.by_date:
        return rows
    first = rows[0]
    if call.quirk("foreign_day", False):
        before = date.fromisoformat(first["segments"]["date"]) - timedelta(days=1)
        first = first | {"segments": {"date": before.isoformat()}}
    if call.quirk("unreadable", False):
        first = first | {"metrics": first["metrics"] | {"costMicros": "1,000"}}
    return [first, *([first] if call.quirk("repeated", False) else []), *rows[1:]]


def _clients(customers: Customers, customer: str, slug: str | None, query: Query) -> list[dict[str, Any]]:
    """Return the manager itself at level 0 and the accounts below it at level 1; an account has only itself."""
    found = []
    for level, number in enumerate([customer] + (customers.of_shop(slug) if slug else [])):
        own = None if slug and number == customer else customers.reports(number).account
        values: dict[str, Any] = {
            "customer_client.id": number,
            "customer_client.client_customer": f"customers/{number}",
            "customer_client.manager": own is None,
            "customer_client.status": "ENABLED",
            # Level 0 is unset in the JSON, like every zero.
            "customer_client.level": "1" if level else None,
            "customer_client.currency_code": own.profile.currency if own else "USD",
            "customer_client.time_zone": own.profile.timezone if own else "UTC",
            "customer_client.descriptive_name": own.name if own else "Manager",
        }
        kept = all(one.holds(_text(values.get(one.field))) for one in query.conditions)
        if kept:
            name = {"customer_client.resource_name": f"customers/{customer}/customerClients/{number}"}
            found.append(nested(name | {field: values.get(field) for field in query.fields}))
    return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value or "0")


def _conversion_action(customer: str, query: Query) -> dict[str, Any]:
    values = {
        "conversion_action.id": PURCHASE_ACTION,
        "conversion_action.name": "Purchase",
        "conversion_action.status": "ENABLED",
        "conversion_action.category": "PURCHASE",
        "conversion_action.click_through_lookback_window_days": str(CLICK_WINDOW_DAYS),
        "conversion_action.view_through_lookback_window_days": str(VIEW_WINDOW_DAYS),
        "customer.id": customer,
    }
    name = {"conversion_action.resource_name": f"customers/{customer}/conversionActions/{PURCHASE_ACTION}"}
    return name | {field: values.get(field) for field in query.fields}


def _start(call: Call, body: dict[str, Any]) -> int:
    token = body.get("pageToken")
    if not token:
        return 0
    if call.quirk("page_tokens_expired", False):
        raise refused(call, "", "requestError", "EXPIRED_PAGE_TOKEN", "The page token expired.")
    try:
        asked = json.loads(base64.urlsafe_b64decode(str(token)))
        start, its_query = int(asked["start"]), asked["query"]
    except (ValueError, KeyError, TypeError):
        start, its_query = -1, None
    if its_query != request_id(str(body.get("query"))):
        message = "The page token is invalid, or belongs to another query."
        raise refused(call, "google_ads.B3.page-token", "requestError", "INVALID_PAGE_TOKEN", message)
    return start


def _page_token(body: dict[str, Any], start: int) -> str:
    token = {"start": start, "query": request_id(str(body.get("query")))}
    return base64.urlsafe_b64encode(json.dumps(token).encode()).decode()


def _mask(query: Query) -> str:
    return ",".join(".".join(camel(part) for part in field.split(".")) for field in query.fields)
