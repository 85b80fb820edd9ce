"""What Meta lets one read back of a dataset: hourly counts, node fields, checks and quality. Source: L3 of
validation_apis.md.

Counts are of events before deduplication, booked by receipt in buckets of the shop's offset, and trail by five hours.
The traps that were seen live are kept: unfiltered `event` counts something else, a page repeats the last bucket of the
page before, and the total of `event_total_counts` shrinks from page to page.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.server.finding import words
from sandbox.server.house import House
from sandbox.server.surface import Call, Handler, Reply, Route
from sandbox.server.vendors.meta.dataset import Dataset, Kept
from sandbox.server.vendors.meta.envelope import authorised, graph_error, success
from sandbox.server.vendors.meta.events import owned

_AGGREGATIONS = words(
    "browser_type custom_data_field device_os device_type event event_detection_method event_processing_results"
    " event_source event_total_counts event_value_count had_pii host match_keys pixel_fire url url_by_rule"
)
_FILTERED = ("event_source", "custom_data_field")
_RETAINED = timedelta(days=7)
_TRAILS = timedelta(hours=5)
_PAGE = 24
_NODE_FIELDS = words("id name last_fired_time is_unavailable creation_time data_use_setting owner_business")
_QUALITY_FIELDS = words(
    "web event_name event_match_quality composite_score match_key_feedback identifier coverage percentage"
    " potential_aly_acr_increase description diagnostics solution affected_event_count total_event_count event_coverage"
    " goal_percentage dedupe_key_feedback dedupe_key browser_events_with_dedupe_key server_events_with_dedupe_key"
    " overall_browser_coverage_from_dedupe_key data_freshness upload_frequency acr event_potential_aly_acr_increase"
    " name event_delay value_diagnostics event_spend event_ad_sets"
)


def routes(house: House, datasets: Mapping[str, Dataset]) -> tuple[Route, ...]:
    """Return the routes; a dataset's own node is told apart from other objects by its id."""
    nodes = tuple(Route("GET", f"/{{version}}/{pixel}", authorised(_node(datasets, pixel))) for pixel in datasets)
    return (
        Route("GET", "/{version}/{pixel}/stats", authorised(_stats(house, datasets))),
        Route("GET", "/{version}/{pixel}/da_checks", authorised(_checks(datasets))),
        Route("GET", "/{version}/dataset_quality", authorised(_quality(datasets))),
        *nodes,
    )


def _stats(house: House, datasets: Mapping[str, Dataset]) -> Handler:
    def handler(call: Call) -> Reply:
        dataset = owned(call, datasets, call.variables["pixel"])
        if dataset is None:
            return graph_error(call, 100, 33, message="Unsupported get request")
        aggregation = call.query.get("aggregation", "event")
        if aggregation not in _AGGREGATIONS:
            return _invalid(
                call, "meta.L3.1.aggregation", f"aggregation must be one of {', '.join(sorted(_AGGREGATIONS))}"
            )
        if call.query.get("event_source") not in (None, "WEB_ONLY", "SERVER_ONLY"):
            return _invalid(call, "meta.L3.1.event-source", "event_source must be WEB_ONLY or SERVER_ONLY")
        if "event" in call.query and aggregation not in _FILTERED:
            call.broke("meta.L3.1.event-ignored", f"event filters {' and '.join(_FILTERED)} only")
        if not all(call.query.get(name, "1").isdecimal() for name in ("limit", "after")):
            return _invalid(call, "meta.L3.1.cursor", "limit and after must be numbers and cursors of a page")
        try:
            start, end = _span(call)
        except (ValueError, OverflowError):
            return _invalid(call, "meta.L3.1.time", "start_time and end_time must be Unix or ISO 8601")
        zone = ZoneInfo(house.shops.profile(dataset.slug).timezone)
        call.did("accepted")
        buckets = _buckets(call, dataset.kept, aggregation, start, end, zone)
        return success(call, _page(call, aggregation, buckets))

    return handler


def _span(call: Call) -> tuple[datetime, datetime]:
    """Return [start, end]: the bucket of the end is counted too, so that neighbouring spans share an hour."""
    end = _instant(call.query["end_time"]) if "end_time" in call.query else call.now
    start = _instant(call.query["start_time"]) if "start_time" in call.query else end - timedelta(days=1)
    if start < call.now - _RETAINED:
        call.broke("meta.L3.1.retention", "older than seven days is not there")
    return max(start, call.now - _RETAINED), min(end, call.now)


def _instant(text: str) -> datetime:
    if text.isdecimal():
        return datetime.fromtimestamp(int(text), UTC)
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed


def _buckets(
    call: Call, kept: Iterable[Kept], aggregation: str, start: datetime, end: datetime, zone: ZoneInfo
) -> list[tuple[datetime, Counter[str]]]:
    by_event_time = bool(call.quirk("counts_by_event_time", False))
    trails = timedelta(hours=float(call.quirk("counts_trail_hours", _TRAILS / timedelta(hours=1))))
    hours: dict[datetime, Counter[str]] = {}
    for one in kept:
        hour = _hour(one.event_time if by_event_time else one.received_at, zone)
        if one.received_at + trails > call.now or not _hour(start, zone) <= hour <= end:
            continue
        hours.setdefault(hour, Counter()).update(_values(call, one, aggregation))
    for surplus in call.quirk("surplus", []):
        # Another sender on the same dataset: [{"at": ISO, "count": n}].
        hours.setdefault(_hour(_instant(surplus["at"]), zone), Counter())["SERVER"] += surplus["count"]
    return [(hour, counted) for hour, counted in sorted(hours.items()) if counted]


def _values(call: Call, one: Kept, aggregation: str) -> dict[str, int]:
    asked = call.query.get("event")
    side = {"WEB_ONLY": "BROWSER", "SERVER_ONLY": "SERVER"}.get(call.query.get("event_source", ""), one.source)
    if (aggregation in _FILTERED and asked not in (None, one.name)) or side != one.source:
        return {}
    if aggregation == "event_source":
        return {one.source: 1}
    if aggregation == "custom_data_field":
        return dict.fromkeys(one.custom_keys, 1)
    if aggregation in ("event", "event_total_counts"):
        # Measured: 1,086 where the filtered count, and the truth, was 13.
        return {one.name: 7}
    if aggregation == "match_keys":
        return dict.fromkeys(one.user_keys, 1)
    return {one.name: 1} if aggregation == "event_processing_results" else {}


def _hour(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(minute=0, second=0, microsecond=0)


def _page(call: Call, aggregation: str, buckets: list[tuple[datetime, Counter[str]]]) -> dict[str, Any]:
    size = max(int(call.query.get("limit", _PAGE)), 1)
    after = int(call.query.get("after", 0))
    if aggregation == "event_total_counts":
        rest: Counter[str] = sum((counted for _, counted in buckets[after:]), Counter())
        shown = [{"aggregation": aggregation, "data": [{"value": n, "count": c} for n, c in rest.items()]}]
    else:
        shown = [
            {
                "aggregation": aggregation,
                "start_time": hour.strftime("%Y-%m-%dT%H:%M:%S%z"),
                "data": [{"value": name, "count": count} for name, count in counted.most_common(100)],
            }
            # From the second page on, the last bucket of the page before comes again.
            for hour, counted in buckets[max(after - 1, 0) if after else 0 : after + size]
        ]
    page: dict[str, Any] = {"data": shown}
    if after + size < len(buckets):
        cursor = str(after + size)
        page["paging"] = {
            "cursors": {"before": str(after), "after": cursor},
            "next": f"http://{call.headers.get('host')}/meta{call.path}?access_token={call.bearer()}&after={cursor}",
        }
    return page


def _node(datasets: Mapping[str, Dataset], pixel: str) -> Handler:
    def handler(call: Call) -> Reply:
        dataset = owned(call, datasets, pixel)
        if dataset is None:
            return graph_error(call, 100, 33, message="Unsupported get request")
        asked = [field for field in call.query.get("fields", "").split(",") if field]
        unknown = sorted(set(asked) - _NODE_FIELDS)
        if unknown:
            return _invalid(call, "meta.L3.2.field", f"Tried accessing nonexisting field ({unknown[0]})")
        last = max((one.received_at for one in dataset.kept), default=None)
        values = {
            "id": pixel,
            "name": dataset.slug,
            "last_fired_time": last.strftime("%Y-%m-%dT%H:%M:%S+0000") if last else None,
            "is_unavailable": bool(call.quirk("is_unavailable", False)),
            "creation_time": "2025-06-01T09:00:00+0000",
            "data_use_setting": "ADVERTISING_AND_ANALYTICS",
            "owner_business": {"id": "1234567890"},
        }
        call.did("accepted")
        return success(call, {"id": pixel, **{name: values[name] for name in asked if values[name] is not None}})

    return handler


def _checks(datasets: Mapping[str, Dataset]) -> Handler:
    def handler(call: Call) -> Reply:
        if owned(call, datasets, call.variables["pixel"]) is None:
            return graph_error(call, 100, 33, message="Unsupported get request")
        if call.query.get("connection_method", "ALL") not in ("ALL", "APP", "BROWSER", "SERVER"):
            return _invalid(call, "meta.L3.2.connection-method", "connection_method")
        call.did("accepted")
        shown = {"title": "Match rate", "description": "", "user_message": "", "action_uri": ""}
        failing = set(call.quirk("failed_checks", []))
        keys = ("missing_param_in_events", "low_event_source_match_rate")
        results = [{"key": key, "result": "failed" if key in failing else "passed", **shown} for key in keys]
        return success(call, {"data": results})

    return handler


def _quality(datasets: Mapping[str, Dataset]) -> Handler:
    def handler(call: Call) -> Reply:
        dataset = owned(call, datasets, call.query.get("dataset_id", ""))
        if dataset is None:
            return graph_error(call, 100, 33, message="Unsupported get request")
        missing = set(call.quirk("missing_quality_fields", []))
        fields = set(re.findall(r"\w+", call.query.get("fields", "")))
        unknown = sorted(fields - (_QUALITY_FIELDS - missing))
        if unknown:
            if unknown[0] not in missing:
                call.broke("meta.L3.3.field", unknown[0])
            call.did("rejected")
            return graph_error(call, 100, message=f"Tried accessing nonexisting field ({unknown[0]})")
        names = sorted({one.name for one in dataset.kept})
        call.did("accepted")
        return success(call, {"web": [_event_quality(name, dataset.kept, fields) for name in names]})

    return handler


def _event_quality(name: str, kept: Iterable[Kept], fields: set[str]) -> dict[str, Any]:
    events = [one for one in kept if one.name == name]
    server = [one for one in events if one.source == "SERVER"]
    browser = {one.event_id for one in events if one.source == "BROWSER"}
    keyed = _percent(sum(bool(one.event_id) for one in server), len(server))
    covered = _percent(len(browser & {one.event_id for one in server}), len(browser))
    matched = _percent(sum("em" in one.user_keys for one in server), len(server))
    quality = {
        "event_match_quality": {
            "composite_score": round(matched / 10, 1),
            "match_key_feedback": [{"identifier": "email", "coverage": {"percentage": matched}}],
        },
        "event_coverage": {"percentage": covered, "goal_percentage": 75},
        "dedupe_key_feedback": [
            {
                "dedupe_key": "event_id",
                "server_events_with_dedupe_key": {"percentage": keyed},
                "overall_browser_coverage_from_dedupe_key": {"percentage": covered},
            }
        ],
        "data_freshness": {"upload_frequency": "real_time"},
        "acr": {"percentage": 0.0},
    }
    return {"event_name": name, **{field: value for field, value in quality.items() if field in fields}}


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _invalid(call: Call, rule: str, message: str) -> Reply:
    call.broke(rule, message)
    call.did("rejected")
    return graph_error(call, 100, message=message)
