"""Rows of an insights report: numbers as text, zero left out of actions, deleted objects where they are asked for.

Source: source_apis.md A.5, A.6, A.9. Every order that Meta claims appears under three names at once, as it does there.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from include.money import minor_unit_exponent
from sandbox.server.vendors.meta.insights_query import InsightsQuery
from sandbox.world.ad_accounts import AccountEntity
from sandbox.world.ad_reports import AccountReports, Figures, ReportRow, summed

EFFECTIVE_STATUS = {"active": "ACTIVE", "archived": "ARCHIVED", "deleted": "DELETED", "purged": "DELETED"}
_PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
_UNLISTED = frozenset({"ARCHIVED", "DELETED"})


def insight_rows(reports: AccountReports, query: InsightsQuery, now: datetime) -> list[dict[str, Any]]:
    """Return the rows of the report at an instant, oldest first; no row for an entity and span without traffic."""
    if not query.yields_rows:
        return []
    states = {one.entity.entity_id: EFFECTIVE_STATUS[one.state] for one in reports.account.entities}
    cells = [
        one for one in reports.cells(now) if query.first <= one.day <= query.last and _is_listed(query, one.of, states)
    ]
    found: dict[tuple[date, date, str], list[ReportRow]] = {}
    for row in summed(cells, query.level):
        span = _span(query, row.day)
        found.setdefault((*span, row.entity.entity_id), []).append(row)
    return [
        _row(reports, query, rows[0], start, stop, sum((one.figures for one in rows), Figures()))
        for (start, stop, _), rows in sorted(found.items(), key=lambda item: item[0])
    ]


def _is_listed(query: InsightsQuery, one: AccountEntity, states: dict[str, str]) -> bool:
    if query.level == "account" and not query.filters:
        return True
    if one.state == "purged" or not all(wanted.keeps(one, states) for wanted in query.filters):
        return False
    entity = one.levels.get(query.level)
    asked_for = any(wanted.what == "effective_status" for wanted in query.filters)
    return entity is None or asked_for or states[entity.entity_id] not in _UNLISTED


def _span(query: InsightsQuery, day: date) -> tuple[date, date]:
    if query.increment is None:
        return query.first, query.last
    if query.increment == 0:
        start = day.replace(day=1)
        stop = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return max(start, query.first), min(stop, query.last)
    start = query.first + (day - query.first) // timedelta(days=query.increment) * timedelta(days=query.increment)
    return start, min(start + timedelta(days=query.increment - 1), query.last)


def _row(
    reports: AccountReports, query: InsightsQuery, row: ReportRow, start: date, stop: date, figures: Figures
) -> dict[str, Any]:
    profile = reports.account.profile
    values: dict[str, Any] = {
        "account_id": profile.account_id,
        "account_name": reports.account.name,
        "account_currency": profile.currency,
        "objective": "OUTCOME_SALES",
        "spend": _money(figures.spend_micros, profile.currency),
        "impressions": str(figures.impressions),
        "clicks": str(figures.clicks),
        "inline_link_clicks": str(figures.clicks),
        "reach": str(figures.impressions * 3 // 4),
        "date_start": start.isoformat(),
        "date_stop": stop.isoformat(),
    }
    for level, name in (("campaign", "campaign"), ("adgroup", "adset"), ("ad", "ad")):
        entity = row.levels.get(level)
        if entity is not None:
            values |= {f"{name}_id": entity.entity_id, f"{name}_name": entity.name}
    if query.shows_actions:
        values |= _actions(query, figures, profile.currency)
    shown = {name: values[name] for name in query.fields if name in values}
    return shown | {name: "facebook" if name == "publisher_platform" else "feed" for name in query.breakdowns}


def _actions(query: InsightsQuery, figures: Figures, currency: str) -> dict[str, Any]:
    claimed = {
        "1d_click": (figures.click_orders[0], figures.click_value_micros[0]),
        "7d_click": (figures.click_orders[1], figures.click_value_micros[1]),
        "28d_click": (figures.click_orders[2], figures.click_value_micros[2]),
        "1d_view": (figures.view_orders, figures.view_value_micros),
        "1d_ev": (figures.engaged_orders, figures.engaged_value_micros),
    }
    # What the ad sets are set to: seven days after a click, one after a view or an engaged view.
    by_setting = [claimed[window] for window in ("7d_click", "1d_view", "1d_ev")]
    value = sum(orders for orders, _ in by_setting), sum(micros for _, micros in by_setting)
    shown = {"value": value} | {window: claimed[window] for window in query.windows if window in claimed}
    if not any(orders for orders, _ in shown.values()):
        purchases, values = [], []
    else:
        counts = {name: str(orders) for name, (orders, _) in shown.items() if orders or name == "value"}
        money = {
            name: _money(micros, currency) for name, (orders, micros) in shown.items() if orders or name == "value"
        }
        purchases = [{"action_type": name, **counts} for name in _PURCHASES]
        values = [{"action_type": name, **money} for name in _PURCHASES]
    clicks = [{"action_type": "link_click", "value": str(figures.clicks)}] if figures.clicks else []
    found = {"actions": clicks + purchases, "action_values": values}
    # An absent list is zero.
    return {name: rows for name, rows in found.items() if rows}


def _money(micros: int, currency: str) -> str:
    return str((Decimal(micros) / 10**6).quantize(Decimal(1).scaleb(-minor_unit_exponent(currency))))


def levels_of(one: AccountEntity) -> Iterator[tuple[str, str]]:
    """Yield the id fields of an entity as the Graph names them: campaign_id and adset_id of an ad."""
    for level, name in (("campaign", "campaign_id"), ("adgroup", "adset_id")):
        entity = one.levels.get(level)
        if entity is not None and entity is not one.entity:
            yield name, entity.entity_id
