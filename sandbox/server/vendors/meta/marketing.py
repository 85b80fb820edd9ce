"""What all calls of Meta's Marketing API share: retired versions, accounts, budgets, usage headers, pages of a list.

Source: source_apis.md A.1, A.2, A.4, A.11.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from sandbox.server.ad_platform import AdPlatform, Spent
from sandbox.server.house import House
from sandbox.server.refusal import Refusal, refusing
from sandbox.server.surface import Call, Handler, Reply
from sandbox.server.tokens import Token
from sandbox.server.vendors.meta.envelope import LATEST, authorised, graph_error, served_version, success, worded_error
from sandbox.server.vendors.meta.insights_query import invalid
from sandbox.world.ad_reports import AccountReports

# Marketing API versions end before the Graph's do.
_RETIRED_FROM = {23: date(2026, 6, 9)}
_OLDEST_MARKETING = 23
_BUDGET = 600
_PER_ACTIVE_AD = 400
_HOUR = timedelta(hours=1)
_SMALLEST_PAGE, _DEFAULT_PAGE = 1, 25


class Marketing:
    """The accounts behind the Marketing API and what has been asked of each within the hour."""

    def __init__(self, house: House) -> None:
        self.platform = AdPlatform(house, "meta")
        self._spent = Spent(_HOUR)

    def serve(self, handler: Handler) -> Handler:
        """Return the handler behind token, version, and the throttles that headers announce."""

        def served(call: Call) -> Reply:
            version = served_version(call)
            if version < _OLDEST_MARKETING or call.now.date() >= _RETIRED_FROM.get(version, date.max):
                message = f"You are calling a deprecated version of the Ads API. Please update to v{LATEST}.0."
                raise invalid(call, "meta.A1.retired-version", message, 2635)
            return handler(call)

        return authorised(refusing(served))

    def reports(self, call: Call, account: str) -> AccountReports:
        """Return the reports of an account the caller may read, and count the call; raises Refusal."""
        if not self.platform.exists(account):
            raise invalid(call, "meta.A12.missing-object", "Unsupported get request. Object does not exist", subcode=33)
        if account not in self.platform.owned_by(caller(call)):
            raise invalid(
                call,
                "meta.A12.no-access",
                "Ad account owner has NOT granted ads_management or ads_read permission",
                200,
            )
        reports = self.platform.reports(account)
        if self._share(call, account, reports) > 100:
            worded = worded_error(
                {"code": 80000, "subcode": 2446079, "minutes": 60, "message": "There have been too many calls"}
            )
            raise Refusal("meta.A11.budget", "the account's calls of this hour are used up", worded)
        return reports

    def answer(self, call: Call, account: str, body: Mapping[str, Any]) -> Reply:
        """Return a success with the usage of the account."""
        reply = success(call, body)
        percent = call.quirk("acc_id_util_pct", 3)
        tier = "limited_access"
        throttle = {"app_id_util_pct": 1.5, "acc_id_util_pct": percent, "ads_api_access_tier": tier}
        used = {"acc_id_util_pct": percent, "reset_time_duration": 3600 if percent > 90 else 0} | {
            "ads_api_access_tier": tier
        }
        business = {
            account: [
                {
                    "type": "ads_insights",
                    "call_count": int(percent),
                    "total_cputime": int(percent),
                    "total_time": int(percent),
                    "estimated_time_to_regain_access": int(call.quirk("minutes", 0)),
                }
            ]
        }
        added = {
            "x-fb-ads-insights-throttle": json.dumps(throttle),
            "x-ad-account-usage": json.dumps(used),
            "X-Business-Use-Case-Usage": json.dumps(business),
        }
        return Reply(200, reply.body, {**reply.headers, **added})

    def state(self) -> dict[str, int]:
        """Return the calls of the account that was asked most within an hour, once one was asked."""
        most = self._spent.most()
        return {"most_calls_of_an_account_in_an_hour": most} if most else {}

    def _share(self, call: Call, account: str, reports: AccountReports) -> float:
        ads = sum(one.state == "active" for one in reports.account.at_level("ad"))
        budget = call.quirk("calls_per_hour", _BUDGET + _PER_ACTIVE_AD * ads)
        return 100 * self._spent.spend(account, call.now) / budget


def told_to_wait(reply: Reply) -> float | None:
    """Return the seconds until access is regained, when a refusal's headers say so."""
    if reply.status == 200:
        return None
    usage = json.loads(reply.headers.get("X-Business-Use-Case-Usage", "{}"))
    minutes = [one["estimated_time_to_regain_access"] for ones in usage.values() for one in ones]
    return 60.0 * max(minutes, default=0) or None


def caller(call: Call) -> Token:
    """Return the token of a call that is authorised."""
    token = call.credential(call.bearer() or call.query.get("access_token"))
    assert token is not None, "authorised() refuses it"  # noqa: S101
    return token


def page_of(call: Call, rows: Sequence[Any]) -> dict[str, Any]:
    """Return a page of a list: cursors even on the last, `next` only where more follows, with host and token in it."""
    size, start = _limit(call), _offset(call)
    data = list(rows[start : start + size])
    if not data:
        return {"data": []}
    stop = start + len(data)
    paging: dict[str, Any] = {"cursors": {"before": _cursor(start), "after": _cursor(stop)}}
    # Account listings have been seen to offer a page after the last, which is empty.
    if stop < len(rows) or call.quirk("empty_next_page", False):
        asked = {
            **call.query,
            "access_token": call.bearer() or call.query.get("access_token", ""),
            "after": _cursor(stop),
        }
        paging["next"] = f"http://{call.headers.get('host')}/meta{call.path}?{urlencode(asked)}"
    return {"data": data, "paging": paging}


def _limit(call: Call) -> int:
    text = call.query.get("limit", str(_DEFAULT_PAGE))
    if not text.isdecimal() or int(text) < _SMALLEST_PAGE:
        raise invalid(call, "meta.A3.limit", "limit must be a positive integer")
    largest = call.quirk("largest_page")
    if largest is not None and int(text) > largest:
        message = "Please reduce the amount of data you're asking for, then retry your request"
        raise Refusal("meta.A13.too-much-data", f"limit {text}", graph_error(call, 1, message=message))
    return int(text)


def _offset(call: Call) -> int:
    if "after" not in call.query:
        return 0
    try:
        return int(base64.urlsafe_b64decode(call.query["after"]).decode().removeprefix("at:"))
    except ValueError:
        raise invalid(call, "meta.A4.cursor", "after is no cursor of this list") from None


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(f"at:{offset}".encode()).decode()
