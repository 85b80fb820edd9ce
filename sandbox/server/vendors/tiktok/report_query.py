"""What a report asks for, checked as TikTok checks it. Source: source_apis.md C.2 to C.4."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sandbox.server.finding import words
from sandbox.server.refusal import Refusal
from sandbox.server.surface import Call
from sandbox.server.vendors.tiktok.envelope import envelope
from sandbox.server.vendors.tiktok.report_metrics import ADVERTISER_METRICS, GMV_METRICS, METRICS
from sandbox.world.advertising import Level

LEVELS: Mapping[str, Level] = {
    "AUCTION_ADVERTISER": "account",
    "AUCTION_CAMPAIGN": "campaign",
    "AUCTION_ADGROUP": "adgroup",
    "AUCTION_AD": "ad",
}
_ID_DIMENSIONS: Mapping[Level, frozenset[str]] = {
    "account": words("advertiser_id"),
    "campaign": words("campaign_id"),
    "adgroup": words("adgroup_id"),
    "ad": words("ad_id ad_id_v2"),
}
_TIME_DIMENSIONS = words("stat_time_day stat_time_hour")
_STATUS_FIELDS: Mapping[Level, str] = {"campaign": "campaign_status", "adgroup": "adgroup_status", "ad": "ad_status"}
_ID_FIELDS: Mapping[str, Level] = {"campaign_ids": "campaign", "adgroup_ids": "adgroup", "ad_ids": "ad"}
_STATUSES = words("STATUS_ALL STATUS_NOT_DELETE STATUS_DELETE")
_NOT_DELETED = "STATUS_NOT_DELETE"
_LONGEST = {"stat_time_day": 30, "stat_time_hour": 1, "": 365}
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LARGEST_PAGE, _DEFAULT_PAGE, _MOST_FILTER_IDS = 1000, 10, 100


@dataclass(frozen=True)
class ReportQuery:
    """A valid call: advertiser-local days [first, last]; time is a time dimension or empty."""

    level: Level
    id_dimension: str
    time: str
    metrics: tuple[str, ...]
    first: date
    last: date
    status: str
    ids: Mapping[Level, frozenset[str]]
    page: int
    page_size: int


def report_query(call: Call) -> ReportQuery:
    """Return what the integrated report is asked for; raises Refusal."""
    if call.query.get("service_type", "AUCTION") != "AUCTION":
        raise invalid("tiktok.C2.service-type", "service_type must be AUCTION")
    if call.query.get("report_type") != "BASIC":
        raise invalid("tiktok.C2.report-type", "report_type must be BASIC here")
    name = call.query.get("data_level", "")
    if name not in LEVELS:
        raise invalid("tiktok.C2.data-level", f"data_level must be one of {', '.join(LEVELS)}")
    level = LEVELS[name]
    id_dimension, time = _dimensions(call, _ID_DIMENSIONS[level])
    metrics = _metrics(call, METRICS)
    if level != "account" and set(metrics) & ADVERTISER_METRICS:
        raise invalid("tiktok.C3.advertiser-metric", "cash_spend and voucher_spend need AUCTION_ADVERTISER")
    status, ids = _filters(call, level)
    return ReportQuery(level, id_dimension, time, metrics, *_days(call, time), status, ids, *_page(call))


def gmv_query(call: Call) -> ReportQuery:
    """Return what the GMV Max report is asked for; raises Refusal."""
    stores = json_list(call, "store_ids")
    if len(stores) != 1:
        raise invalid("tiktok.C4.one-store", "store_ids takes exactly one store")
    id_dimension, time = _dimensions(call, words("campaign_id"))
    metrics = _metrics(call, GMV_METRICS)
    filtering = _object(call, "filtering")
    types = frozenset(filtering.get("gmv_max_promotion_types", ["PRODUCT", "LIVE"]))
    if types - {"PRODUCT", "LIVE"}:
        raise invalid("tiktok.C4.promotion-type", "gmv_max_promotion_types are PRODUCT and LIVE")
    status = "STATUS_ALL" if "PRODUCT" in types else ""
    return ReportQuery("campaign", id_dimension, time, metrics, *_days(call, time), status, {}, *_page(call))


def invalid(rule: str, message: str, code: int = 40002) -> Refusal:
    """Return the refusal in TikTok's words."""
    return Refusal(rule, message, envelope(code, message=message))


def _dimensions(call: Call, ids: frozenset[str]) -> tuple[str, str]:
    asked = json_list(call, "dimensions")
    times = [name for name in asked if name in _TIME_DIMENSIONS]
    rest = [name for name in asked if name not in _TIME_DIMENSIONS]
    if len(times) > 1 or len(rest) != 1 or rest[0] not in ids:
        raise invalid(
            "tiktok.C2.dimensions", f"dimensions takes one of {', '.join(sorted(ids))} and at most one time dimension"
        )
    return rest[0], times[0] if times else ""


def _metrics(call: Call, known: Mapping[str, Any]) -> tuple[str, ...]:
    asked = json_list(call, "metrics") if "metrics" in call.query else ["spend", "impressions"]
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise invalid("tiktok.C3.metric", f"metrics: {str(unknown[0])[:60]} is not supported")
    return tuple(asked)


def _days(call: Call, time: str) -> tuple[date, date]:
    if call.query.get("query_lifetime", "false") == "true":
        raise invalid("tiktok.C2.lifetime", "query_lifetime takes no days and no time dimension")
    asked = [call.query.get(name, "") for name in ("start_date", "end_date")]
    try:
        first, last = (date.fromisoformat(text) for text in asked if _ISO_DAY.fullmatch(text))
    except ValueError:
        raise invalid("tiktok.C2.dates", "start_date and end_date must be YYYY-MM-DD") from None
    if last < first:
        raise invalid("tiktok.C2.date-order", "start_date must not be after end_date")
    if last - first >= timedelta(days=_LONGEST[time]):
        raise invalid("tiktok.C2.span", f"at most {_LONGEST[time]} days with {time or 'no time dimension'}")
    return first, last


def _filters(call: Call, level: Level) -> tuple[str, dict[Level, frozenset[str]]]:
    """Return the status and the ids asked for; what is deleted is left out unless the status says otherwise."""
    status, ids = _NOT_DELETED, {}
    for one in json_list(call, "filtering"):
        name = one.get("field_name") if isinstance(one, dict) else None
        values = _filter_values(one)
        if name == _STATUS_FIELDS.get(level) and values and set(values) <= _STATUSES:
            status = values[0]
        elif name in _ID_FIELDS and len(values) <= _MOST_FILTER_IDS:
            ids[_ID_FIELDS[name]] = frozenset(values)
        else:
            raise invalid("tiktok.C2.filtering", "filtering: field, type or value does not fit the data_level")
    return status, ids


def _filter_values(one: Any) -> list[str]:
    try:
        values = json.loads(one["filter_value"])
    except (ValueError, TypeError, KeyError):
        values = None
    if not isinstance(values, list) or one.get("filter_type") != "IN":
        raise invalid("tiktok.C2.filter-value", "filter_value must be a JSON list as text, filter_type IN")
    return [str(value) for value in values]


def _page(call: Call) -> tuple[int, int]:
    page, size = call.query.get("page", "1"), call.query.get("page_size", str(_DEFAULT_PAGE))
    if not page.isdecimal() or int(page) < 1:
        raise invalid("tiktok.C2.page", "page must be 1 or more")
    if not size.isdecimal() or not 1 <= int(size) <= _LARGEST_PAGE:
        raise invalid("tiktok.C2.page-size", f"page_size must be 1 to {_LARGEST_PAGE}")
    return int(page), int(size)


def json_list(call: Call, name: str) -> list[Any]:
    """Return a list parameter, which travels as JSON text; raises Refusal."""
    found = _json(call, name, "[]")
    if not isinstance(found, list):
        raise invalid("tiktok.C1.json", f"{name} must be a JSON list")
    return found


def _object(call: Call, name: str) -> dict[str, Any]:
    found = _json(call, name, "{}")
    if not isinstance(found, dict):
        raise invalid("tiktok.C1.json", f"{name} must be a JSON object")
    return found


def _json(call: Call, name: str, default: str) -> Any:
    try:
        return json.loads(call.query.get(name) or default)
    except ValueError:
        raise invalid("tiktok.C1.json", f"{name} must be JSON") from None
