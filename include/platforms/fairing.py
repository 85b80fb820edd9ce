"""Fairing's survey API: the class of an answer, by HTTP status (source_apis D.1); 100 requests a minute per store."""

from collections.abc import Mapping

from include.platforms.http_status import NOT_JSON, OK, SHAPE, NotJson, by_status, json_of, unknown_status
from include.platforms.outcome import Classified, Outcome, Rule, classified, header, member

STATUSES: Mapping[int, Rule] = {
    400: Rule(Outcome.CONFIG, "a parameter is not known to the token's API generation"),
    401: Rule(Outcome.AUTH_DEAD, "token is wrong or was deleted"),
    403: Rule(Outcome.ACCESS, "token may not read this"),
    404: Rule(Outcome.CONFIG, "path does not exist"),
    429: Rule(Outcome.THROTTLE, "more than 100 requests in a minute", waits=(60.0, 120.0)),
}
"""HTTP status -> rule."""


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Classified:
    """Return the class of an answer of responses or questions."""
    request_id = header(headers, "X-Request-Id")
    if status in STATUSES:
        hint = by_status(status, headers)
        return classified(
            STATUSES[status], code=status, wait_seconds=hint.wait_seconds if hint else None, request_id=request_id
        )
    if not 200 <= status < 300:
        return by_status(status, headers, request_id) or unknown_status(status, request_id)
    try:
        value = json_of(body)
    except NotJson:
        return classified(NOT_JSON, code=status, request_id=request_id)
    return classified(OK if isinstance(member(value, "data"), list) else SHAPE, code=status, request_id=request_id)
