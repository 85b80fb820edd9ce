"""Meta's Graph and Marketing API: the class of an answer, and what its usage headers ask of the next call.

Codes and subcodes of the contract (source_apis A.11, A.12; conversion_apis B7). `type` and `is_transient` decide
nothing: both are wrong in both directions. Three errors share code 100 or 1 with others and are told apart by a phrase
of `message`, which is read and never kept.
"""

from collections.abc import Mapping
from typing import Any

from include.platforms.http_status import (
    NOT_JSON,
    OK,
    SHAPE,
    UNKNOWN_CODE,
    NotJson,
    by_status,
    json_of,
    unknown_status,
)
from include.platforms.outcome import Classified, Outcome, Rule, classified, header, member

_TRANSIENT = Rule(Outcome.TRANSIENT, "temporary fault at the vendor")
_SHRINK = Rule(Outcome.SHRINK, "asked for too much data")
_APP_LOAD = Rule(Outcome.THROTTLE, "insights load of the app or account", waits=(300.0, 600.0, 3600.0))
_ACCOUNT_SCORE = Rule(Outcome.THROTTLE, "score of the ad account is spent", waits=(600.0, 600.0, 3600.0))
_RATE = Rule(Outcome.THROTTLE, "rate limit", waits=(60.0, 300.0, 900.0, 3600.0))
_BUSY = Rule(Outcome.THROTTLE, "batch busy", waits=(60.0, 300.0))
_BLOCKED = Rule(Outcome.THROTTLE, "blocked for policy for a time", waits=(14_400.0,))
_TOKEN = Rule(Outcome.AUTH_DEAD, "access token is expired or revoked")
_PERMISSION = Rule(Outcome.ACCESS, "permission or capability is missing")
_MISSING = Rule(Outcome.ACCESS, "object does not exist or is not allowed")
_FRESH = Rule(Outcome.TRANSIENT, "report run is not visible yet", then=Outcome.ACCESS)
_INVALID = Rule(Outcome.CONFIG, "invalid parameter")
_BAD_EVENT = Rule(Outcome.CONFIG, "event is invalid")
_HISTORY = Rule(Outcome.CONFIG, "start is older than 37 months")
_POST = Rule(Outcome.CONFIG, "post error, not applicable here")

CODES: Mapping[tuple[int, int | None], Rule] = {
    (1, None): _TRANSIENT,
    (99, None): _TRANSIENT,
    (2, None): _TRANSIENT,
    (2, 1504038): _SHRINK,
    (2, 1504043): _TRANSIENT,
    (2, 1504044): Rule(Outcome.TRANSIENT, "unknown fault of a synchronous report", then=Outcome.SHRINK),
    (2, 1504041): Rule(Outcome.CONFIG, "invalid breakdown"),
    (2, 1504042): Rule(Outcome.CONFIG, "invalid custom metric"),
    (100, 1504018): _SHRINK,
    (100, 1487534): _SHRINK,
    (-2, 2490547): _TRANSIENT,
    (4, None): _APP_LOAD,
    (17, None): _ACCOUNT_SCORE,
    (32, None): _RATE,
    (341, None): _RATE,
    (613, None): _RATE,
    **{(code, None): _RATE for code in (*range(80000, 80007), 80008, 80009, 80014)},
    (960, None): _BUSY,
    (368, None): _BLOCKED,
    (100, 33): _MISSING,
    (100, 34): _MISSING,
    (100, 38): _MISSING,
    **{
        (100, subcode): _BAD_EVENT
        for subcode in (
            2804001,
            2804003,
            2804007,
            2804009,
            2804016,
            2804017,
            2804019,
            2804036,
            2804048,
            2804050,
            2804066,
            2804116,
        )
    },
    (100, None): _INVALID,
    (102, None): _TOKEN,
    (190, None): _TOKEN,
    (3, None): _PERMISSION,
    (10, None): _PERMISSION,
    **{(code, None): _PERMISSION for code in range(200, 300)},
    (3018, None): _HISTORY,
    (104, None): _TRANSIENT,
    (21009, None): Rule(Outcome.TRANSIENT, "dataset is not ready for uploads"),
    (5000, None): _TRANSIENT,
    (506, None): _POST,
    (1609005, None): _POST,
}
"""(code, subcode) -> rule; None stands for any subcode."""

PHRASES: tuple[tuple[int, str, Rule], ...] = (
    (1, "reduce the amount of data", _SHRINK),
    (100, "reduce the amount of data", _SHRINK),
    (100, "weren't there while creating the report run", _TRANSIENT),
    (100, "unsupported get request", Rule(Outcome.ACCESS, "access was removed or the user deactivated")),
)
"""(code, part of the lower-cased message, rule): the errors that have no code of their own."""

_SLOW, _PAUSE, _LONG_PAUSE = (75.0, 5.0), (85.0, 120.0), (95.0, 600.0)


def classify(status: int, headers: Mapping[str, str], body: bytes, *, fresh_object: bool = False) -> Classified:
    """Return the class of an answer.

    fresh_object: the request names a report run made a moment ago, for which 100/33 only means "not visible yet".
    """
    trace = header(headers, "x-fb-trace-id")
    try:
        value = json_of(body)
    except NotJson:
        if 200 <= status < 300:
            return classified(NOT_JSON, code=status, request_id=trace)
        return by_status(status, headers, trace) or unknown_status(status, trace)
    error = member(value, "error")
    if error is None:
        if 200 <= status < 300:
            return classified(OK if isinstance(value, dict) else SHAPE, request_id=trace)
        return by_status(status, headers, trace) or unknown_status(status, trace)
    return _of_error(status, headers, error, fresh_object, member(error, "fbtrace_id") or trace)


def _of_error(status: int, headers: Mapping[str, str], error: Any, fresh_object: bool, trace: object) -> Classified:
    code, subcode = member(error, "code"), member(error, "error_subcode")
    if not isinstance(code, int):
        return by_status(status, headers, trace) or classified(UNKNOWN_CODE, code=status, request_id=trace)
    rule = _rule_of(code, subcode, str(member(error, "message") or "").lower())
    if fresh_object and (code, subcode) == (100, 33):
        rule = _FRESH
    wait = regain_seconds(headers) if rule.outcome is Outcome.THROTTLE else None
    return classified(rule, code=code, subcode=subcode, wait_seconds=wait, request_id=trace)


def _rule_of(code: int, subcode: object, message: str) -> Rule:
    exact = CODES.get((code, subcode)) if isinstance(subcode, int) else None
    if exact is not None:
        return exact
    for phrase_code, phrase, rule in PHRASES:
        if code == phrase_code and phrase in message:
            return rule
    if (code, None) in CODES:
        return CODES[(code, None)]
    return Rule(Outcome.TRANSIENT, "internal fault") if code < 0 else UNKNOWN_CODE


def regain_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the longest time until access is regained that the usage headers name, in seconds; None without one.

    `estimated_time_to_regain_access` is in minutes, `reset_time_duration` in seconds; there is no Retry-After.
    """
    waits = [60.0 * _number(use.get("estimated_time_to_regain_access")) for use in _business_uses(headers)]
    waits.append(_number(member(_usage(headers, "x-ad-account-usage"), "reset_time_duration")))
    return max(waits) or None


def pause_after(headers: Mapping[str, str], body: bytes) -> float:
    """Return the seconds to leave before the next call of this credential, from how much of its limit is used.

    From 75 percent 5 s, from 85 two minutes, from 95 ten minutes or what the vendor says if that is longer.
    """
    used = used_percent(headers)
    if used >= _LONG_PAUSE[0]:
        return max(_LONG_PAUSE[1], regain_seconds(headers) or 0.0)
    return next((seconds for percent, seconds in (_PAUSE, _SLOW) if used >= percent), 0.0)


def used_percent(headers: Mapping[str, str]) -> float:
    """Return the largest percentage of a limit that the usage headers show; 0 without them."""
    insights = _usage(headers, "x-fb-ads-insights-throttle")
    app = _usage(headers, "x-app-usage")
    figures = [member(insights, name) for name in ("app_id_util_pct", "acc_id_util_pct")]
    figures.append(member(_usage(headers, "x-ad-account-usage"), "acc_id_util_pct"))
    for use in (app, *_business_uses(headers)):
        figures.extend(member(use, name) for name in ("call_count", "total_cputime", "total_time"))
    return max(map(_number, figures))


def served_version(headers: Mapping[str, str]) -> str | None:
    """Return the version that answered: an expired one is served, without a word, by the next usable."""
    return header(headers, "facebook-api-version")


def _business_uses(headers: Mapping[str, str]) -> list[dict[str, Any]]:
    usage = _usage(headers, "x-business-use-case-usage")
    lists = usage.values() if isinstance(usage, dict) else ()
    return [use for uses in lists if isinstance(uses, list) for use in uses if isinstance(use, dict)]


def _usage(headers: Mapping[str, str], name: str) -> Any:
    try:
        return json_of((header(headers, name) or "null").encode())
    except NotJson:
        return None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else 0.0
