"""What an insights call asks for, checked as Meta checks it. Source: source_apis.md A.3 to A.9."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from sandbox.server.finding import words
from sandbox.server.refusal import Refusal
from sandbox.server.surface import Call
from sandbox.server.vendors.meta.envelope import graph_error
from sandbox.world.ad_accounts import AccountEntity
from sandbox.world.advertising import Level

LEVELS: Mapping[str, Level] = {"account": "account", "campaign": "campaign", "adset": "adgroup", "ad": "ad"}
FIELDS = words(
    "account_id account_name account_currency campaign_id campaign_name adset_id adset_name ad_id ad_name objective"
    " spend impressions clicks inline_link_clicks date_start date_stop actions action_values conversions"
    " conversion_values reach frequency cpc cpm ctr"
)
WINDOWS = words("1d_click 7d_click 28d_click 1d_ev 1d_view default")
_RETIRED_WINDOWS = words("7d_view 28d_view")
_UNREPORTED_WINDOWS = words("dda custom incrementality skan_click skan_view skan_click_second_postback")
_ACTION_BREAKDOWNS = words(
    "action_type action_target_id action_destination action_device action_reaction action_video_sound"
    " action_video_type action_canvas_component_name action_carousel_card_id action_carousel_card_name"
)
_PLACEMENT_BREAKDOWNS = words("publisher_platform platform_position")
_OPT_IN_BREAKDOWNS = words("impression_device hourly_stats_aggregated_by_audience_time_zone frequency_value")
_OPT_IN_FROM = date(2026, 8, 3)
STATUSES = words(
    "ACTIVE PAUSED CAMPAIGN_PAUSED ADSET_PAUSED ARCHIVED DELETED DISAPPROVED IN_PROCESS PENDING_BILLING_INFO"
    " PENDING_REVIEW PREAPPROVED WITH_ISSUES"
)
_PRESETS = {"today": (0, 0), "yesterday": (1, 1), "last_7d": (7, 1), "last_14d": (14, 1), "last_28d": (28, 1)} | {
    "last_30d": (30, 1),
    "last_90d": (90, 1),
}
_RETAINED_MONTHS = 37


@dataclass(frozen=True)
class Filter:
    """Entities of a level with one of these ids, or with one of these effective statuses."""

    level: Level
    what: str
    values: frozenset[str]

    def keeps(self, one: AccountEntity, states: Mapping[str, str]) -> bool:
        entity = one.levels.get(self.level)
        if entity is None:
            return False
        return (entity.entity_id if self.what == "id" else states[entity.entity_id]) in self.values


@dataclass(frozen=True)
class InsightsQuery:
    """A valid call: account-local days [first, last], cut into spans of `increment` days (0: months, None: one)."""

    account: str
    level: Level
    fields: tuple[str, ...]
    first: date
    last: date
    increment: int | None
    windows: tuple[str, ...]
    breakdowns: tuple[str, ...]
    filters: tuple[Filter, ...]
    shows_actions: bool
    yields_rows: bool


def insights_query(call: Call, account: str, today: date, asked: Mapping[str, str]) -> InsightsQuery:
    """Return what is asked for in the account's calendar; raises Refusal, and writes down what is ignored."""
    level = asked.get("level", "account")
    if level not in LEVELS:
        raise invalid(call, "meta.A3.level", f"level must be one of {', '.join(LEVELS)}")
    first, last = _days(call, today, asked)
    breakdowns = _names(call, asked, "breakdowns")
    return InsightsQuery(
        account=account,
        level=LEVELS[level],
        fields=_fields(call, asked),
        first=first,
        last=last,
        increment=_increment(call, asked.get("time_increment", "all_days")),
        windows=_windows(call, asked),
        breakdowns=breakdowns,
        filters=_filters(call, asked),
        shows_actions=_shows_actions(call, asked),
        yields_rows=_breakdowns_yield_rows(call, breakdowns),
    )


def invalid(
    call: Call, rule: str, message: str, code: int = 100, subcode: int | None = None, status: int | None = None
) -> Refusal:
    """Return the refusal in Graph's words."""
    return Refusal(rule, message, graph_error(call, code, subcode, status=status, message=message))


def _fields(call: Call, asked: Mapping[str, str]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in asked.get("fields", "impressions,spend").split(",") if name.strip())
    unknown = sorted(set(names) - FIELDS)
    if unknown:
        raise invalid(call, "meta.A5.field", f"{unknown[0][:60]} is not valid for fields param")
    # Dates come unasked.
    return (*names, *(name for name in ("date_start", "date_stop") if name not in names))


def _days(call: Call, today: date, asked: Mapping[str, str]) -> tuple[date, date]:
    if "time_range" in asked:
        first, last = _time_range(call, asked["time_range"])
    else:
        preset = asked.get("date_preset", "last_30d")
        if preset not in _PRESETS:
            raise invalid(call, "meta.A3.date-preset", f"date_preset must be one of {', '.join(_PRESETS)}")
        since, until = _PRESETS[preset]
        first, last = today - timedelta(days=since), today - timedelta(days=until)
    if first < _months_before(today, _RETAINED_MONTHS):
        message = "The start date of the time range cannot be beyond 37 months from the current date"
        raise invalid(call, "meta.A8.retention", message, 3018)
    return first, last


def _time_range(call: Call, text: str) -> tuple[date, date]:
    try:
        asked = json.loads(text)
        first, last = date.fromisoformat(asked["since"]), date.fromisoformat(asked["until"])
    except (ValueError, TypeError, KeyError):
        raise invalid(call, "meta.A3.time-range", "time_range must be {'since': YYYY-MM-DD, 'until': ...}") from None
    if last < first:
        raise invalid(call, "meta.A3.time-range-order", "since must be before until")
    return first, last


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    # The last days of a long month have no namesake in a short one.
    return date(year, month + 1, min(day.day, 28))


def _increment(call: Call, text: str) -> int | None:
    if text == "all_days":
        return None
    if text == "monthly":
        return 0
    if not text.isdecimal() or not 1 <= int(text) <= 90:
        raise invalid(call, "meta.A3.time-increment", "time_increment must be 1 to 90, monthly or all_days")
    return int(text)


def _windows(call: Call, asked: Mapping[str, str]) -> tuple[str, ...]:
    names = _names(call, asked, "action_attribution_windows")
    unknown = sorted(set(names) - WINDOWS - _RETIRED_WINDOWS - _UNREPORTED_WINDOWS)
    if unknown:
        raise invalid(call, "meta.A6.window", f"action_attribution_windows: {unknown[0][:60]} is no window")
    retired = sorted(set(names) & _RETIRED_WINDOWS)
    if retired:
        call.broke("meta.A6.retired-window", f"{retired[0]} is not returned since 2026-01-12")
    return tuple(name for name in names if name in WINDOWS)


def _filters(call: Call, asked: Mapping[str, str]) -> tuple[Filter, ...]:
    found = []
    for one in _json_list(call, asked, "filtering"):
        entity, _, what = str(one.get("field", "") if isinstance(one, dict) else "").partition(".")
        if entity not in LEVELS or what not in ("id", "effective_status") or one.get("operator") not in ("IN", "EQUAL"):
            raise invalid(call, "meta.A9.filtering", "filtering needs field, operator and value that insights know")
        values = one.get("value")
        values = frozenset(str(value) for value in (values if isinstance(values, list) else [values]))
        if what == "effective_status" and values - STATUSES:
            raise invalid(call, "meta.A9.status", f"{min(values - STATUSES)[:60]} is no effective_status")
        found.append(Filter(LEVELS[entity], what, values))
    return tuple(found)


def _shows_actions(call: Call, asked: Mapping[str, str]) -> bool:
    names = _names(call, asked, "action_breakdowns") or ("action_type",)
    unknown = sorted(set(names) - _ACTION_BREAKDOWNS)
    if unknown:
        raise invalid(call, "meta.A3.action-breakdown", f"action_breakdowns: {unknown[0][:60]} is unknown")
    if names != ("action_type",):
        call.broke("meta.A3.hidden-conversions", "an action breakdown beside action_type hides conversions")
        return False
    return True


def _breakdowns_yield_rows(call: Call, names: tuple[str, ...]) -> bool:
    unknown = sorted(set(names) - _PLACEMENT_BREAKDOWNS - _OPT_IN_BREAKDOWNS)
    if unknown:
        raise invalid(call, "meta.A3.breakdown", f"breakdowns: {unknown[0][:60]} is unknown")
    if "platform_position" in names and "publisher_platform" not in names:
        raise invalid(call, "meta.A7.platform-position", "platform_position needs publisher_platform")
    if set(names) & _OPT_IN_BREAKDOWNS and call.now.date() >= _OPT_IN_FROM:
        call.broke("meta.A8.opt-in-breakdown", "no rows unless the advertiser opted in")
        return False
    return True


def _names(call: Call, asked: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return the names of a list parameter; Meta takes JSON and a comma list."""
    text = asked.get(name, "")
    if not text.lstrip().startswith("["):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return tuple(str(one) for one in _json_list(call, asked, name))


def _json_list(call: Call, asked: Mapping[str, str], name: str) -> list[Any]:
    try:
        found = json.loads(asked.get(name) or "[]")
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise invalid(call, "meta.A3.json", f"{name} must be a JSON list")
    return cast("list[Any]", found)
