"""GA4 Data API v1beta: reports by transaction id, realtime, compatibility, metadata. Source: L2 of
validation_apis.md.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sandbox.server.refusal import Refusal, refusing
from sandbox.server.surface import Call, Handler, Malformed, Reply, Route
from sandbox.server.tokens import GOOGLE
from sandbox.server.vendors.ga4.errors import error, invalid
from sandbox.server.vendors.ga4.quota import PER_PROJECT_HOUR, Quota
from sandbox.server.vendors.ga4.report import DIMENSIONS, METRICS, REVENUE, Blurred, report
from sandbox.server.vendors.ga4.report_request import check_fields, check_lists, matching, names, read_report
from sandbox.server.vendors.ga4.stream import Stream

READONLY = "https://www.googleapis.com/auth/analytics.readonly"
DATA = "/data"
"""What stands for https://analyticsdata.googleapis.com below the prefix."""
_SCOPES = frozenset({READONLY, "https://www.googleapis.com/auth/analytics"})
_MOST_IN_BATCH, _MOST_MINUTE_RANGES, _LONGEST_AGO = 5, 2, 29
_REALTIME_DIMENSIONS = frozenset(
    {
        "appVersion",
        "audienceId",
        "audienceName",
        "city",
        "cityId",
        "country",
        "countryId",
        "deviceCategory",
        "eventName",
    }
    | {"minutesAgo", "platform", "streamId", "streamName", "unifiedScreenName"}
)
_REALTIME_METRICS = frozenset({"activeUsers", "eventCount", "keyEvents", "screenPageViews"})

Answer = Callable[[Call, Stream, Quota], Reply]


def routes(streams: Mapping[str, Stream]) -> tuple[Route, ...]:
    """Return the routes; streams by measurement id."""
    properties = {stream.property_id: stream for stream in streams.values()}
    core = {name: Quota() for name in properties}
    # Realtime is a quota family of its own.
    realtime = {name: Quota() for name in properties}
    path = DATA + "/v1beta/properties/{property}"

    def route(method: str, rest: str, answer: Answer, quotas: Mapping[str, Quota] = core) -> Route:
        return Route(method, path + rest, refusing(_permitted(answer, properties, quotas)))

    return (
        route("POST", ":runReport", _run_report),
        route("POST", ":batchRunReports", _batch),
        route("POST", ":checkCompatibility", _compatibility),
        route("POST", ":runRealtimeReport", _realtime, realtime),
        route("GET", "/metadata", _metadata),
    )


def _permitted(answer: Answer, properties: Mapping[str, Stream], quotas: Mapping[str, Quota]) -> Handler:
    def handler(call: Call) -> Reply:
        token = call.credential(call.bearer(), GOOGLE)
        if token is None or not token.alive(call.now):
            message = "Request had invalid authentication credentials."
            raise Refusal("ga4.L2.5.401", "unknown or expired token", error(401, message))
        if not token.scopes & _SCOPES:
            message = "Request had insufficient authentication scopes."
            refused = error(403, message, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
            raise Refusal("ga4.L2.5.403-scope", "token of another scope", refused)
        name = call.variables["property"]
        if not name.isdecimal():
            raise invalid("ga4.L2.property-number", f"Invalid property ID: {name}. A numeric Property ID is required.")
        stream = properties.get(name)
        if stream is None or stream.slug != token.subject:
            message = "User does not have sufficient permissions for this property."
            raise Refusal("ga4.L2.5.403", "no such property, or another shop's", error(403, message))
        quota = quotas[name]
        if call.quirk("server_error"):
            quota.fail(call.now)
            return error(int(call.quirk("server_error")), "An internal error has occurred.")
        return answer(call, stream, quota)

    return handler


def _run_report(call: Call, stream: Stream, quota: Quota) -> Reply:
    body = _report(call, _json(call), stream, quota)
    call.did("accepted")
    return Reply(200, body)


def _batch(call: Call, stream: Stream, quota: Quota) -> Reply:
    asked = _json(call).get("requests")
    if not isinstance(asked, list) or not 0 < len(asked) <= _MOST_IN_BATCH:
        raise invalid("ga4.L2.2.batch", f"A batch has one to {_MOST_IN_BATCH} requests.")
    check_lists({"requests": asked}, ("requests",))
    reports = [_report(call, one, stream, quota) for one in asked]
    call.did("accepted", len(reports))
    return Reply(200, {"reports": reports, "kind": "analyticsData#batchRunReports"})


def _report(call: Call, asked: Mapping[str, Any], stream: Stream, quota: Quota) -> dict[str, Any]:
    wanted = read_report(call, asked, stream)
    per_project = int(call.quirk("tokens_per_project_hour", PER_PROJECT_HOUR))
    tokens = 4 + len(stream.hits) // 10_000
    quota.charge(call.now, tokens, per_project)
    blurred = Blurred(
        restricted=bool(call.quirk("restricted", False)),
        thresholded=bool(call.quirk("thresholded", False)),
        sampled=bool(call.quirk("sampled", False)),
        rows_before_other=call.quirk("rows_before_other"),
    )
    body = report(wanted, stream, call.now, blurred)
    if asked.get("returnPropertyQuota"):
        body["propertyQuota"] = quota.shown(call.now, tokens, per_project)
    return body


def _compatibility(call: Call, stream: Stream, quota: Quota) -> Reply:
    body = _json(call)
    dimensions, metrics = names(body, "dimensions"), names(body, "metrics")
    check_fields(dimensions, metrics)
    call.did("accepted")
    return Reply(
        200,
        {
            "dimensionCompatibilities": [
                {"dimensionMetadata": {"apiName": name}, "compatibility": "COMPATIBLE"} for name in dimensions
            ],
            "metricCompatibilities": [
                {"metricMetadata": {"apiName": name, "type": METRICS[name]}, "compatibility": "COMPATIBLE"}
                for name in metrics
            ],
        },
    )


def _metadata(call: Call, stream: Stream, quota: Quota) -> Reply:
    blocked = {"blockedReasons": ["NO_REVENUE_METRICS"]} if call.quirk("restricted", False) else {}
    own = sorted({name for hit in stream.hits for name in hit.params})
    call.did("accepted")
    return Reply(
        200,
        {
            "name": f"properties/{stream.property_id}/metadata",
            "dimensions": [{"apiName": n} for n in (*DIMENSIONS, *(f"customEvent:{name}" for name in own))],
            "metrics": [{"apiName": n, "type": t, **(blocked if n in REVENUE else {})} for n, t in METRICS.items()],
        },
    )


def _realtime(call: Call, stream: Stream, quota: Quota) -> Reply:
    body = _json(call)
    for field in ("dateRanges", "offset", "currencyCode"):
        if field in body:
            raise invalid("ga4.L2.4.field", f"Unknown name {field}: realtime has none.")
    dimensions, metrics = names(body, "dimensions"), names(body, "metrics")
    unknown = [n for n in dimensions if n not in _REALTIME_DIMENSIONS and not n.startswith("customUser:")]
    unknown += [n for n in metrics if n not in _REALTIME_METRICS]
    if unknown:
        raise invalid("ga4.L2.4.dimension", f"Field {unknown[0]} is not valid in realtime.")
    check_lists(body, ("minuteRanges",))
    ranges = body.get("minuteRanges") or [{"startMinutesAgo": _LONGEST_AGO, "endMinutesAgo": 0}]
    if len(ranges) > _MOST_MINUTE_RANGES or not all(map(_is_range, ranges)):
        raise invalid("ga4.L2.4.minutes", f"At most {_MOST_MINUTE_RANGES} ranges, {_LONGEST_AGO} minutes back.")
    matches = matching(body.get("dimensionFilter"), _REALTIME_DIMENSIONS.__contains__)
    per_project = int(call.quirk("tokens_per_project_hour", PER_PROJECT_HOUR))
    quota.charge(call.now, 2, per_project)
    rows: Counter[tuple[str, ...]] = Counter()
    for hit in stream.hits:
        ago = (call.now - hit.received_at) // timedelta(minutes=1)
        known = {"eventName": hit.name, "minutesAgo": f"{ago:02d}"}
        if _in_ranges(ago, ranges) and matches(lambda name, known=known: known.get(name, "(not set)")):  # type: ignore[misc]
            rows[tuple(known.get(name, "(not set)") for name in dimensions)] += 1
    shown: dict[str, Any] = {
        "dimensionHeaders": [{"name": name} for name in dimensions],
        "metricHeaders": [{"name": name, "type": "TYPE_INTEGER"} for name in metrics],
        "kind": "analyticsData#runRealtimeReport",
    }
    if rows:
        shown["rows"] = [
            {
                "dimensionValues": [{"value": value} for value in key],
                "metricValues": [{"value": str(count)} for _ in metrics],
            }
            for key, count in rows.items()
        ]
        shown["rowCount"] = len(rows)
    if body.get("returnPropertyQuota"):
        shown["propertyQuota"] = quota.shown(call.now, 2, per_project)
    call.did("accepted")
    return Reply(200, shown)


def _is_range(one: Mapping[str, Any]) -> bool:
    start, end = one.get("startMinutesAgo", _LONGEST_AGO), one.get("endMinutesAgo", 0)
    return isinstance(start, int) and isinstance(end, int) and 0 <= end <= start <= _LONGEST_AGO


def _in_ranges(ago: int, ranges: list[Mapping[str, Any]]) -> bool:
    return any(one.get("endMinutesAgo", 0) <= ago <= one.get("startMinutesAgo", _LONGEST_AGO) for one in ranges)


def _json(call: Call) -> dict[str, Any]:
    try:
        body = call.json()
    except Malformed:
        body = None
    if not isinstance(body, dict):
        raise invalid("ga4.L2.1.body", "Invalid JSON payload received.")
    return body
