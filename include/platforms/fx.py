"""Files of reference rates: the class of an answer. What is in the file is left to its parser."""

import re
from collections.abc import Mapping

from include.platforms.http_status import by_status, unknown_status
from include.platforms.outcome import Classified, Outcome, Rule, classified

_OK = Rule(Outcome.OK, "ok")
_CUT = Rule(Outcome.TRANSIENT, "file is empty or cut, or is a page instead of rates")
STATUSES: Mapping[int, Rule] = {
    401: Rule(Outcome.AUTH_DEAD, "source wants a credential"),
    403: Rule(Outcome.ACCESS, "source refuses us"),
    404: Rule(Outcome.CONFIG, "file does not exist; correct host or base_path of the connection"),
}
"""HTTP status -> rule."""

_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)[\s>]")


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Classified:
    """Return the class of an answer: XML must be closed, CSV and JSON must not be empty, HTML is no file of rates."""
    if status in STATUSES:
        return classified(STATUSES[status], code=status)
    if not 200 <= status < 300:
        return by_status(status, headers) or unknown_status(status)
    return classified(_OK if _is_whole(body.strip()) else _CUT, code=status)


def _is_whole(body: bytes) -> bool:
    if not body.startswith(b"<"):
        return bool(body)
    root = _ROOT.search(body)
    return root is not None and root[1].lower() != b"html" and body.endswith(b"</" + root[1] + b">")
