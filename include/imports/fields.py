"""Fields of a CSV row: ISO times, booleans and words of a closed list, or one line that names field and remedy."""

from datetime import UTC, datetime, timedelta

from include.errors import InvalidInput

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}


def parse_time(name: str, text: str, now: datetime) -> datetime:
    """Return an ISO 8601 instant in UTC; without an offset it is UTC already.

    Raises InvalidInput when it is none, before 1990, or more than a day ahead of now.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{name} {text[:40]!r} is not ISO 8601; write 2026-03-31T12:00:00Z") from error
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    # Compared before it is converted: the years 1 and 9999 have instants that UTC cannot express.
    if instant < _EARLIEST:
        raise InvalidInput(f"{name} {text[:40]!r} lies before 1990; check the format of the date")
    if instant > now + _AHEAD:
        raise InvalidInput(f"{name} {text[:40]!r} lies in the future; check the time zone")
    return instant.astimezone(UTC)


def parse_boolean(name: str, text: str) -> bool:
    """Return true, false, 1, 0, yes or no in any case as a boolean; empty is false."""
    value = _BOOLEANS.get(text.lower())
    if value is None:
        raise InvalidInput(f"{name} {text[:40]!r} is neither true nor false")
    return value


def parse_word(name: str, text: str, words: frozenset[str]) -> str:
    """Return one of words, in lower case."""
    word = text.lower()
    if word not in words:
        raise InvalidInput(f"{name} {text[:40]!r} is unknown; use one of {', '.join(sorted(words))}")
    return word
