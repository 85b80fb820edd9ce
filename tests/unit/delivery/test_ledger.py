"""The ledger's moves, and what each vendor's answer does to the events of a request."""

from datetime import UTC, datetime, timedelta

import pytest

from include.delivery.ledger import (
    MOVES,
    STRANGE_TRIES,
    TERMINAL,
    Answer,
    Settlement,
    State,
    Why,
    answer_of,
    orphaned,
    pause_after,
    resends,
    retry_at,
    settle,
)
from include.platforms import ga4, meta, tiktok
from include.platforms.client import Reply
from include.platforms.outcome import Outcome, Rule, classified

CLASSIFY = {"ga4": ga4.classify, "meta": meta.classify, "tiktok": tiktok.classify}
PAGE = b"<html>down</html>"


def reply(vendor: str, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
    return Reply(CLASSIFY[vendor](status, headers or {}, body), "yes", status, headers or {}, body)


def silence(received: str) -> Reply:
    return Reply(classified(Rule(Outcome.TRANSIENT, "no answer")), received)  # type: ignore[arg-type]


def error(code: int, subcode: int | None = None) -> bytes:
    sub = f', "error_subcode": {subcode}' if subcode else ""
    return f'{{"error": {{"code": {code}{sub}}}}}'.encode()


ANSWERS = [
    ("ga4", 204, b"", Answer.RECEIVED),
    ("ga4", 400, b"", Answer.REFUSED),
    ("ga4", 413, b"", Answer.REFUSED),
    ("ga4", 403, PAGE, Answer.BLOCKED),
    ("ga4", 302, PAGE, Answer.BLOCKED),
    ("ga4", 429, b"", Answer.WAIT),
    ("ga4", 503, PAGE, Answer.DOUBTFUL),
    ("ga4", 200, PAGE, Answer.DOUBTFUL),
    ("meta", 200, b'{"events_received": 3, "messages": []}', Answer.RECEIVED),
    ("meta", 200, b'{"events_received": 2, "messages": []}', Answer.DOUBTFUL),
    ("meta", 200, b'{"messages": []}', Answer.DOUBTFUL),
    ("meta", 200, b'{"events_recei', Answer.DOUBTFUL),
    ("meta", 200, PAGE, Answer.DOUBTFUL),
    ("meta", 502, PAGE, Answer.DOUBTFUL),
    ("meta", 500, error(2), Answer.DOUBTFUL),
    ("meta", 408, PAGE, Answer.DOUBTFUL),
    ("meta", 400, error(2), Answer.UNDONE),
    ("meta", 400, error(21009), Answer.UNDONE),
    ("meta", 400, error(80004), Answer.WAIT),
    ("meta", 500, error(17), Answer.WAIT),
    ("meta", 400, error(368), Answer.WAIT),
    ("meta", 401, error(190, 463), Answer.BLOCKED),
    ("meta", 403, error(200), Answer.BLOCKED),
    ("meta", 400, error(100, 33), Answer.BLOCKED),
    ("meta", 403, PAGE, Answer.BLOCKED),
    ("meta", 400, error(100, 2804003), Answer.REFUSED),
    ("meta", 400, error(100), Answer.REFUSED),
    ("meta", 400, error(4711), Answer.STRANGE),
    ("meta", 500, error(4711), Answer.DOUBTFUL),
    ("tiktok", 200, b'{"code": 0, "message": "OK"}', Answer.RECEIVED),
    ("tiktok", 200, b'{"code": 20001}', Answer.REFUSED),
    ("tiktok", 200, b'{"code": 40002}', Answer.REFUSED),
    ("tiktok", 200, b'{"code": 40001}', Answer.BLOCKED),
    ("tiktok", 401, b'{"code": 40105}', Answer.BLOCKED),
    ("tiktok", 404, PAGE, Answer.BLOCKED),
    ("tiktok", 200, b'{"code": 40100}', Answer.WAIT),
    ("tiktok", 200, b'{"code": 50000}', Answer.DOUBTFUL),
    ("tiktok", 200, b'{"code": 99999}', Answer.STRANGE),
    ("tiktok", 504, PAGE, Answer.DOUBTFUL),
    ("tiktok", 200, b'{"co', Answer.DOUBTFUL),
]


@pytest.mark.parametrize(("vendor", "status", "body", "answer"), ANSWERS)
def test_an_answer_says_whether_the_vendor_has_the_events(
    vendor: str, status: int, body: bytes, answer: Answer
) -> None:
    assert answer_of(vendor, reply(vendor, status, body), 3) is answer  # type: ignore[arg-type]


@pytest.mark.parametrize("vendor", ["ga4", "meta", "tiktok"])
def test_silence_is_doubt_only_where_bytes_may_have_left(vendor: str) -> None:
    assert answer_of(vendor, silence("no"), 1) is Answer.UNDONE  # type: ignore[arg-type]
    assert answer_of(vendor, silence("maybe"), 1) is Answer.DOUBTFUL  # type: ignore[arg-type]


def test_the_header_about_the_size_of_reports_does_not_refuse_an_event() -> None:
    answer = reply("tiktok", 200, b'{"code": 0}', {"X-Tt-Ads-Throttle": "1"})
    assert answer_of("tiktok", answer, 1) is Answer.RECEIVED


SETTLEMENTS = [
    (Answer.RECEIVED, False, 1, Settlement(State.ACCEPTED, received=True)),
    (Answer.UNDONE, False, 9, Settlement(State.QUEUED, counted=False)),
    (Answer.WAIT, True, 9, Settlement(State.QUEUED, counted=False)),
    (Answer.BLOCKED, True, 9, Settlement(State.QUEUED, counted=False)),
    (Answer.REFUSED, True, 1, Settlement(State.FAILED, Why.REFUSED)),
    (Answer.STRANGE, True, STRANGE_TRIES - 1, Settlement(State.QUEUED)),
    (Answer.STRANGE, True, STRANGE_TRIES, Settlement(State.FAILED, Why.REFUSED)),
    (Answer.DOUBTFUL, True, 1, Settlement(State.QUEUED, Why.REPEATED, received=True)),
    (Answer.DOUBTFUL, False, 1, Settlement(State.IN_DOUBT, Why.NO_ANSWER, received=True)),
]


@pytest.mark.parametrize(("answer", "resend", "attempts", "settlement"), SETTLEMENTS)
def test_an_answer_moves_an_event(answer: Answer, resend: bool, attempts: int, settlement: Settlement) -> None:
    assert settle(answer, resend=resend, attempts=attempts) == settlement


@pytest.mark.parametrize("answer", list(Answer))
@pytest.mark.parametrize("resend", [False, True])
@pytest.mark.parametrize("attempts", [1, STRANGE_TRIES])
def test_no_answer_moves_an_event_where_it_may_not_go(answer: Answer, resend: bool, attempts: int) -> None:
    assert settle(answer, resend=resend, attempts=attempts).state in MOVES[State.SENDING]


def test_a_partly_received_batch_is_told_apart_from_silence() -> None:
    settled = settle(Answer.DOUBTFUL, resend=False, attempts=1, partly=True)
    assert settled == Settlement(State.IN_DOUBT, Why.PARTLY_RECEIVED, received=True)


def test_what_a_dead_task_left_may_have_arrived() -> None:
    assert orphaned(resend=True) == Settlement(State.QUEUED, Why.REPEATED, received=True)
    assert orphaned(resend=False) == Settlement(State.IN_DOUBT, Why.TASK_DIED, received=True)


def test_only_meta_keeps_what_may_have_arrived_unless_the_tenant_takes_the_risk() -> None:
    held = [resends(vendor, "hold") for vendor in ("ga4", "meta", "tiktok")]  # type: ignore[arg-type]
    assert held == [True, False, True]
    assert not resends("meta", "prove")
    assert resends("meta", "resend")


def test_the_moves_are_these_and_nothing_leaves_a_terminal_state() -> None:
    assert {str(state): sorted(map(str, moves)) for state, moves in MOVES.items()} == {
        "queued": ["expired", "failed", "in_doubt", "sending", "skipped"],
        "sending": ["accepted", "failed", "in_doubt", "queued"],
        "accepted": ["confirmed", "failed", "queued"],
        "in_doubt": ["confirmed", "expired", "failed", "queued"],
        "confirmed": [],
        "skipped": [],
        "expired": [],
        "failed": [],
    }
    assert sorted(map(str, TERMINAL)) == ["confirmed", "expired", "failed", "skipped"]


def test_a_silent_destination_is_tried_less_and_less_often_but_every_hour() -> None:
    minutes = [pause_after(strikes) // timedelta(minutes=1) for strikes in range(7)]
    assert minutes == [5, 10, 20, 40, 60, 60, 60]
    assert pause_after(0, hint_seconds=7_200) == timedelta(hours=2)


def test_a_single_failure_is_tried_again_within_the_hour() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert [(retry_at(now, attempts) - now) // timedelta(minutes=1) for attempts in (1, 2, 5, 6, 9)] == [
        2,
        4,
        32,
        60,
        60,
    ]
