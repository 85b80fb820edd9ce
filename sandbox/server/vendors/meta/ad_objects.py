"""Accounts, campaigns, ad sets and ads as Graph objects, and what a token is good for. Source: source_apis.md A.2, A.8.

Quirks: `account` (fields of the account that are to be otherwise: currency, timezone_name), `empty_next_page`.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.server.finding import words
from sandbox.server.surface import Call, Handler, Reply, Route
from sandbox.server.vendors.meta.envelope import success
from sandbox.server.vendors.meta.insights_query import STATUSES, invalid
from sandbox.server.vendors.meta.insights_rows import EFFECTIVE_STATUS, levels_of
from sandbox.server.vendors.meta.marketing import Marketing, caller, page_of
from sandbox.world.ad_reports import AccountReports
from sandbox.world.advertising import Level

_ACCOUNT_FIELDS = words(
    "id account_id name currency timezone_name timezone_id timezone_offset_hours_utc account_status disable_reason"
    " amount_spent balance created_time"
)
_NEEDS_BUSINESS = words("business owner_business")
_EDGES: Mapping[str, Level] = {"campaigns": "campaign", "adsets": "adgroup", "ads": "ad"}
_OBJECT_FIELDS = words("id name status effective_status account_id campaign_id adset_id created_time updated_time")
_UNLISTED = frozenset({"ARCHIVED", "DELETED"})


def routes(marketing: Marketing) -> tuple[Route, ...]:
    """Return the routes of accounts and what is in them."""

    def accounts(call: Call) -> Reply:
        names = _account_fields(call)
        rows = []
        for number in marketing.platform.owned_by(caller(call)):
            rows.append(_account(call, marketing.reports(call, number), names))
        call.did("accepted")
        return success(call, page_of(call, rows))

    def account(call: Call) -> Reply:
        names = _account_fields(call)
        reports = marketing.reports(call, call.variables["account"])
        call.did("accepted")
        return marketing.answer(call, call.variables["account"], _account(call, reports, names))

    def edge(level: Level) -> Handler:
        def objects(call: Call) -> Reply:
            reports = marketing.reports(call, call.variables["account"])
            rows = _objects(call, reports, level)
            call.did("accepted")
            return marketing.answer(call, call.variables["account"], page_of(call, rows))

        return marketing.serve(objects)

    return (
        Route("GET", "/{version}/me/adaccounts", marketing.serve(accounts)),
        Route("GET", "/{version}/debug_token", marketing.serve(_debug_token)),
        Route("GET", "/{version}/act_{account}", marketing.serve(account)),
        *(Route("GET", f"/{{version}}/act_{{account}}/{name}", edge(level)) for name, level in _EDGES.items()),
    )


def _account_fields(call: Call) -> list[str]:
    names = [name for name in call.query.get("fields", "").split(",") if name]
    if any(name.partition("{")[0] in _NEEDS_BUSINESS for name in names):
        message = "Requires business_management permission to manage the object"
        raise invalid(call, "meta.A2.business-field", message, 200, status=400)
    unknown = sorted(set(names) - _ACCOUNT_FIELDS)
    if unknown:
        raise invalid(call, "meta.A8.account-field", f"Tried accessing nonexisting field ({unknown[0][:60]})")
    return names


def _account(call: Call, reports: AccountReports, names: list[str]) -> dict[str, Any]:
    profile = reports.account.profile
    offset = call.now.astimezone(ZoneInfo(profile.timezone)).utcoffset() or timedelta(0)
    values = {
        "id": f"act_{profile.account_id}",
        "account_id": profile.account_id,
        "name": reports.account.name,
        "currency": profile.currency,
        "timezone_name": profile.timezone,
        "timezone_id": 1,
        "timezone_offset_hours_utc": offset / timedelta(hours=1),
        "account_status": 1,
        "disable_reason": 0,
        "amount_spent": "0",
        "balance": "0",
        "created_time": "2024-02-01T09:00:00+0000",
    } | call.quirk("account", {})
    # Nothing but the id comes unasked.
    return {"id": values["id"], **{name: values[name] for name in names}}


def _objects(call: Call, reports: AccountReports, level: Level) -> list[dict[str, Any]]:
    names = [name for name in call.query.get("fields", "").split(",") if name]
    unknown = sorted(set(names) - _OBJECT_FIELDS)
    if unknown:
        raise invalid(call, "meta.A9.object-field", f"Tried accessing nonexisting field ({unknown[0][:60]})")
    wanted = _wanted_statuses(call)
    rows = []
    for one in reports.account.at_level(level):
        status = EFFECTIVE_STATUS[one.state]
        if (status in _UNLISTED) if wanted is None else (status not in wanted):
            continue
        values = {
            "id": one.entity.entity_id,
            "name": one.entity.name,
            "status": status,
            "effective_status": status,
            "account_id": reports.account.profile.account_id,
            "created_time": "2025-06-01T09:00:00+0000",
            "updated_time": "2025-12-01T09:00:00+0000",
            **dict(levels_of(one)),
        }
        rows.append({"id": values["id"], **{name: values[name] for name in names if name in values}})
    return rows


def _wanted_statuses(call: Call) -> frozenset[str] | None:
    if "effective_status" not in call.query:
        return None
    try:
        wanted = frozenset(str(one) for one in json.loads(call.query["effective_status"]))
    except (ValueError, TypeError):
        wanted = frozenset({"?"})
    if wanted - STATUSES:
        raise invalid(call, "meta.A9.object-status", "effective_status must be a JSON list of statuses")
    return wanted


def _debug_token(call: Call) -> Reply:
    if "input_token" not in call.query:
        raise invalid(call, "meta.A2.input-token", "The parameter input_token is required")
    token = call.credential(call.query["input_token"])
    call.did("accepted")
    if token is None:
        return success(call, {"data": {"is_valid": False, "error": {"code": 190, "message": "Invalid OAuth token"}}})
    expires_at = call.quirk("token_expires_in_days")
    until = token.expires_at if expires_at is None else call.now + timedelta(days=float(expires_at))
    shown = {
        "app_id": "1234567890",
        "type": "SYSTEM_USER",
        "is_valid": token.alive(call.now),
        "expires_at": _seconds(until),
        "data_access_expires_at": 0,
        "scopes": sorted(token.scopes),
    }
    return success(call, {"data": shown})


def _seconds(until: datetime | None) -> int:
    # Zero is for ever.
    return int(until.timestamp()) if until else 0
