"""What an HTTP status and a body mean wherever a vendor's own tables say nothing else; the reading of JSON bodies.

A body that is not the JSON it should be - cut, HTML with 200, empty - is a stumble to retry, never "no rows".
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from include.platforms.outcome import Classified, Outcome, Rule, classified, header

NOT_JSON = Rule(Outcome.TRANSIENT, "body is cut or not JSON")
SHAPE = Rule(Outcome.TRANSIENT, "body has not the documented shape")
OK = Rule(Outcome.OK, "ok")
UNKNOWN_CODE = Rule(Outcome.UNKNOWN, "code is in no table")
UNKNOWN_STATUS = Rule(Outcome.UNKNOWN, "status is in no table")

REDIRECT = Rule(Outcome.CONFIG, "redirect refused; correct host, schema or base_path of the connection")
TOO_FAST = Rule(Outcome.THROTTLE, "too many requests", waits=(30.0, 60.0, 300.0, 900.0))
SERVER = Rule(Outcome.TRANSIENT, "server error")

_LONGEST_HINT_SECONDS = 7 * 86_400.0


class NotJson(ValueError):
    """A body that cannot be read as JSON."""


def json_of(body: bytes) -> Any:
    """Return the JSON value of a body; raises NotJson, without quoting it."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    raise NotJson("body is cut or not JSON")


def by_status(status: int, headers: Mapping[str, str], request_id: object = None) -> Classified | None:
    """Return the class of a status that means the same for every vendor, or None."""
    rule = _rule_of(status)
    if rule is None:
        return None
    return classified(rule, code=status, wait_seconds=retry_after(headers), request_id=request_id)


def unknown_status(status: int, request_id: object = None) -> Classified:
    """Return the class of a status that no table names."""
    return classified(UNKNOWN_STATUS, code=status, request_id=request_id)


def _rule_of(status: int) -> Rule | None:
    if 300 <= status < 400:
        return REDIRECT
    if status == 429:
        return TOO_FAST
    return SERVER if status == 408 or status >= 500 else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After, in digits or as a date against the answer's own Date; None without a hint.

    A hint beyond a week is no hint.
    """
    text = (header(headers, "Retry-After") or "").strip()
    if not text:
        return None
    seconds = _seconds_until(text, header(headers, "Date")) if not _is_number(text) else float(text)
    return seconds if seconds is not None and 0 <= seconds <= _LONGEST_HINT_SECONDS else None


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit()


def _seconds_until(text: str, date: str | None) -> float | None:
    try:
        return (parsedate_to_datetime(text) - parsedate_to_datetime(date or "")).total_seconds()
    except (TypeError, ValueError):
        return None
