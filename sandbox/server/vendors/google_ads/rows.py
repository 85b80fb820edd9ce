"""Rows of a query: zero left out, int64 as text, doubles as numbers, no row for a day without traffic.

Source: source_apis.md B.3 to B.8. Performance Max has no ad groups and no ads; removed campaigns stay in every report.
Conversions are booked on the click's day within 28 days; those by conversion date are zero here. Nothing in the world
is seen on Google without a click: a share of Performance Max's claims stands for its view-through conversions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.server.vendors.google_ads.gaql import METRICS, BadQuery, Condition, Query, nested
from sandbox.world.ad_accounts import AccountEntity
from sandbox.world.ad_reports import AccountReports, Cell, Figures, ReportRow, summed
from sandbox.world.advertising import AdEntity, Level

LEVELS: Mapping[str, Level] = {
    "customer": "account",
    "campaign": "campaign",
    "ad_group": "adgroup",
    "ad_group_ad": "ad",
    "asset_group": "campaign",
}
PURCHASE_ACTION = "6540001234"
CLICK_WINDOW_DAYS, VIEW_WINDOW_DAYS = 30, 1
_CHANNELS = {"google_pmax": "PERFORMANCE_MAX", "google_shopping": "SHOPPING"}
_STATUS = {"active": "ENABLED", "archived": "REMOVED", "deleted": "REMOVED", "purged": "REMOVED"}
_RETAINED_MONTHS = 37
_RETAINED_FROM = date(2026, 6, 1)
_SETTLES_AT = 3


def report_rows(reports: AccountReports, query: Query, now: datetime) -> list[dict[str, Any]]:
    """Return the rows of a query FROM a resource with metrics; raises BadQuery for its dates."""
    level = LEVELS[query.resource]
    if not query.has_metrics:
        found = (_entity_values(reports, one) for one in _entities(reports, query))
        return list(_selected(query, reports, found))
    first, last = date_range(query, reports.today(now), now)
    cells = [
        _with_views(one)
        for one in reports.cells(now)
        if first <= one.day <= last and (query.resource != "asset_group" or _is_pmax(one.of.levels["campaign"]))
    ]
    states = {one.entity.entity_id: one.state for one in reports.account.entities}
    values = (
        _entity_values_of(reports, row, states) | _figures(query, figures) | {"segments.date": day}
        for row, day, figures in _grouped(summed(cells, level), query)
    )
    return list(_selected(query, reports, values))


def date_range(query: Query, today: date, now: datetime) -> tuple[date, date]:
    """Return the account-local days [first, last] that WHERE leaves; raises BadQuery."""
    first, last = date.min, date.max
    for one in query.conditions:
        if one.field == "segments.date":
            since, until = _days_of(one, today, now)
            first, last = max(first, since), min(last, until)
    if last < first:
        raise BadQuery("DATE_RANGE_TOO_NARROW", "The start date is after the end date.")
    oldest = _months_before(today, _RETAINED_MONTHS)
    if query.by_date and first < oldest and today >= _RETAINED_FROM:
        raise BadQuery(
            "REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED", "Daily data is kept for 37 months.", "dateRangeError"
        )
    return first, last


def _days_of(one: Condition, today: date, now: datetime) -> tuple[date, date]:
    if one.operator == "DURING":
        return _during(one.values[0], today)
    try:
        days = [date.fromisoformat(value) for value in one.values]
    except ValueError:
        raise BadQuery("BAD_VALUE", "A date is written 'YYYY-MM-DD'.") from None
    ranges = {
        "BETWEEN": (days[0], days[-1]),
        "=": (days[0], days[0]),
        ">=": (days[0], date.max),
        ">": (days[0] + timedelta(days=1), date.max),
        "<=": (date.min, days[0]),
        "<": (date.min, days[0] - timedelta(days=1)),
    }
    if one.operator not in ranges:
        raise BadQuery("BAD_OPERATOR", "segments.date takes =, BETWEEN, DURING and comparisons.")
    return ranges[one.operator]


def _during(literal: str, today: date) -> tuple[date, date]:
    yesterday = today - timedelta(days=1)
    if literal == "TODAY":
        return today, today
    back = {"YESTERDAY": 1, "LAST_7_DAYS": 7, "LAST_14_DAYS": 14, "LAST_30_DAYS": 30}[literal]
    return today - timedelta(days=back), yesterday


def shifts_today(query: Query, now: datetime, timezone: str) -> bool:
    """Say whether the query's DURING TODAY still means yesterday: shortly after midnight it has been seen to."""
    during_today = any(one.operator == "DURING" and one.values == ("TODAY",) for one in query.conditions)
    return during_today and now.astimezone(ZoneInfo(timezone)).hour < _SETTLES_AT


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))


def _is_pmax(campaign: AdEntity) -> bool:
    return campaign.tactic == "google_pmax"


def _with_views(cell: Cell) -> Cell:
    if not _is_pmax(cell.of.levels.get("campaign", cell.of.entity)):
        return cell
    return replace(cell, figures=replace(cell.figures, view_orders=cell.figures.click_orders[2] // 4))


def _entities(reports: AccountReports, query: Query) -> list[AccountEntity]:
    if query.resource == "customer":
        return [one for one in reports.account.entities if one.entity.level == "account"]
    found = reports.account.at_level(LEVELS[query.resource])
    return [one for one in found if query.resource != "asset_group" or _is_pmax(one.entity)]


def _grouped(rows: list[ReportRow], query: Query) -> Iterator[tuple[ReportRow, str | None, Figures]]:
    if query.by_date:
        yield from ((row, row.day.isoformat(), row.figures) for row in rows)
        return
    found: dict[str, list[ReportRow]] = {}
    for row in rows:
        found.setdefault(row.entity.entity_id, []).append(row)
    for group in found.values():
        yield group[0], None, sum((row.figures for row in group), Figures())


def _entity_values(reports: AccountReports, one: AccountEntity) -> dict[str, Any]:
    states = {its.entity.entity_id: its.state for its in reports.account.entities}
    row = ReportRow(one.entity, one.levels, date.min, Figures())
    return _entity_values_of(reports, row, states)


def _entity_values_of(reports: AccountReports, row: ReportRow, states: Mapping[str, str]) -> dict[str, Any]:
    profile = reports.account.profile
    values: dict[str, Any] = {
        "customer.id": profile.account_id,
        "customer.currency_code": profile.currency,
        "customer.time_zone": profile.timezone,
        "customer.descriptive_name": reports.account.name,
    }
    campaign = row.levels.get("campaign")
    if campaign:
        values |= {
            "campaign.id": campaign.entity_id,
            "campaign.name": campaign.name,
            "campaign.status": _STATUS[states[campaign.entity_id]],
            "campaign.advertising_channel_type": _CHANNELS.get(campaign.tactic, "SEARCH"),
            "campaign.resource_name": f"customers/{profile.account_id}/campaigns/{campaign.entity_id}",
            "asset_group.id": f"6{campaign.entity_id[1:]}",
            "asset_group.name": campaign.name,
            "asset_group.status": "ENABLED",
        }
    group, ad = row.levels.get("adgroup"), row.levels.get("ad")
    if group:
        values |= {"ad_group.id": group.entity_id, "ad_group.name": group.name}
        values |= {"ad_group.status": _STATUS[states[group.entity_id]]}
    if ad:
        values |= {"ad_group_ad.ad.id": ad.entity_id, "ad_group_ad.ad.name": ad.name}
        values |= {"ad_group_ad.status": _STATUS[states[ad.entity_id]]}
    return values


def _figures(query: Query, figures: Figures) -> dict[str, Any]:
    orders, micros = figures.click_orders[2], figures.click_value_micros[2]
    values: dict[str, Any] = {
        "metrics.conversions": orders / 1 or None,
        "metrics.conversions_value": micros / 10**6 or None,
        "metrics.all_conversions": orders / 1 or None,
        "metrics.all_conversions_value": micros / 10**6 or None,
        "metrics.view_through_conversions": str(figures.view_orders) if figures.view_orders else None,
    }
    if query.by_action:
        action = f"conversionActions/{PURCHASE_ACTION}"
        return (
            values
            | {"segments.conversion_action": action, "segments.conversion_action_name": "Purchase"}
            | {"segments.conversion_action_category": "PURCHASE"}
        )
    return values | {
        "metrics.cost_micros": str(figures.spend_micros) if figures.spend_micros else None,
        "metrics.impressions": str(figures.impressions) if figures.impressions else None,
        "metrics.clicks": str(figures.clicks) if figures.clicks else None,
        "metrics.average_cpc": figures.spend_micros / figures.clicks if figures.clicks else None,
    }


def _selected(query: Query, reports: AccountReports, found: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for values in found:
        kept = (one for one in query.conditions if one.field != "segments.date" and one.field not in METRICS)
        if all(one.holds(str(values.get(one.field, ""))) for one in kept):
            yield nested(_resource_names(query, reports, values) | {name: values.get(name) for name in query.fields})


def _resource_names(query: Query, reports: AccountReports, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the resource names that come unasked with every resource a row names."""
    customer = f"customers/{reports.account.profile.account_id}"
    named = {
        "customer": customer,
        "campaign": f"{customer}/campaigns/{values.get('campaign.id')}",
        "ad_group": f"{customer}/adGroups/{values.get('ad_group.id')}",
        "ad_group_ad": f"{customer}/adGroupAds/{values.get('ad_group.id')}~{values.get('ad_group_ad.ad.id')}",
        "asset_group": f"{customer}/assetGroups/{values.get('asset_group.id')}",
    }
    asked = {field.split(".")[0] for field in query.fields} | {query.resource}
    return {f"{name}.resource_name": text for name, text in named.items() if name in asked}
