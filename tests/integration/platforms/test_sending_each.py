"""Many requests at once by one hook, and an answer that the sender does not want to try again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from attribution_airflow.hooks.ga4 import Ga4Hook
from attribution_airflow.hooks.meta_ads import MetaAdsHook
from include.errors import PlatformRefused, PlatformWaits
from include.platforms.client import Reply
from include.platforms.request import PlatformRequest
from include.storage.platform_state import PlatformState
from tests.integration.conftest import Database
from tests.integration.platforms.conftest import Connect
from tests.integration.platforms.sink import Canned, Sink

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
AGAIN = timedelta(hours=1)


@pytest.fixture
def ga4(connect: Connect, state: PlatformState) -> Ga4Hook:
    connect("ga4", measurement_id="G-1")
    return Ga4Hook("shop_x", state, clock=lambda: NOON)


def always(reply: Reply) -> bool:
    return True


def asked(number: int) -> list[PlatformRequest]:
    return [PlatformRequest("POST", "/mp/collect", body=f'{{"n": {index}}}'.encode()) for index in range(number)]


def test_each_request_is_sent_once_over_few_connections_at_the_same_time(ga4: Ga4Hook, sink: Sink) -> None:
    sink.will(Canned(204, b"", delay=0.05))
    replies = dict(ga4.send_each(asked(32), at_once=16, going=always))
    assert sorted(replies) == list(range(32))
    assert all(reply.classified.ok for reply in replies.values())
    assert sorted(received.body for received in sink.received) == sorted(one.body or b"" for one in asked(32))
    assert sink.connections == 16
    times = sorted(received.at for received in sink.received)
    assert times[15] - times[0] < 16 * 0.05


def test_no_further_request_is_begun_once_the_sender_says_so(ga4: Ga4Hook, sink: Sink) -> None:
    sink.will(Canned(503, b""))
    replies = dict(ga4.send_each(asked(500), at_once=4, going=lambda reply: reply.classified.ok))
    assert len(replies) == len(sink.received) <= 12


def test_a_closed_gate_lets_none_of_them_through(ga4: Ga4Hook, sink: Sink) -> None:
    sink.will(Canned(429, b"", {"Retry-After": "3600"}))
    (_, reply), *_ = ga4.send_each(asked(1), at_once=1, going=always)
    with pytest.raises(PlatformWaits):
        ga4.give_up(reply)
    with pytest.raises(PlatformWaits):
        list(ga4.send_each(asked(5), at_once=2, going=always))
    assert len(sink.received) == 1


GIVEN_UP: list[tuple[Canned, Callable[[Exception], bool]]] = [
    (Canned(400, b'{"error": {"code": 80004}}'), lambda error: error.not_before == NOON + timedelta(minutes=1)),  # type: ignore[attr-defined]
    (Canned(401, b'{"error": {"code": 190}}'), lambda error: error.paused and error.not_before == NOON + AGAIN),  # type: ignore[attr-defined]
    (Canned(400, b'{"error": {"code": 2}}'), lambda error: isinstance(error, PlatformRefused) and error.again_later),
    (Canned(403, b'{"error": {"code": 200}}'), lambda error: isinstance(error, PlatformRefused) and error.account_only),
]


@pytest.mark.parametrize(("canned", "holds"), GIVEN_UP)
def test_an_answer_that_is_given_up_raises_at_once_what_it_comes_to(
    canned: Canned, holds: Callable[[Exception], bool], connect: Connect, state: PlatformState, sink: Sink
) -> None:
    connect("meta_ads", pixel_id="88")
    sink.will(canned)
    hook = MetaAdsHook("shop_x", state, clock=lambda: NOON, sleep=lambda seconds: pytest.fail("slept"))
    reply = hook.send(PlatformRequest("POST", "/v26.0/88/events", body=b"{}"))
    with pytest.raises((PlatformWaits, PlatformRefused)) as raised:
        hook.give_up(reply)
    assert holds(raised.value)
    assert len(sink.received) == 1


def test_the_wait_of_a_given_up_answer_is_written_for_all_workers(
    connect: Connect, state: PlatformState, sink: Sink, database: Database
) -> None:
    connect("meta_ads", pixel_id="88")
    sink.will(Canned(400, b'{"error": {"code": 80004}}'))
    hook = MetaAdsHook("shop_x", state, clock=lambda: NOON)
    reply = hook.send(PlatformRequest("POST", "/v26.0/88/events", body=b"{}"))
    with pytest.raises(PlatformWaits):
        hook.give_up(reply)
    with psycopg.connect(database.superuser_url) as connection:
        assert connection.execute("select scope from control.api_throttles").fetchall() == [("meta_ads:shop_x",)]
