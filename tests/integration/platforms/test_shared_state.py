"""What workers share about a credential: gates, pace, tokens; with several processes and a kill in the middle."""

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet

from attribution_airflow.hooks.fairing import FairingHook
from attribution_airflow.hooks.google_ads import GoogleAdsHook
from attribution_airflow.hooks.meta_ads import MetaAdsHook
from attribution_airflow.hooks.shopify import ShopifyHook
from attribution_airflow.token_cipher import FernetCipher, token_cipher
from include.errors import InvalidInput, PlatformRefused, PlatformWaits
from include.platforms.request import PlatformRequest
from include.platforms.secret import Secret
from include.storage.oauth_tokens import Grant, access_token
from include.storage.platform_state import PlatformState
from include.storage.rate_limit import Rate, delay_permits, take_permit
from include.storage.throttles import clear_throttle, throttle_of, write_throttle
from tests.integration.conftest import Database
from tests.integration.platforms.conftest import Connect
from tests.integration.platforms.sink import Canned, Sink

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ASK = PlatformRequest("GET", "/api/questions")
SCOPE, CREDENTIAL = "fairing:shop_x", 5


def test_permits_are_spaced_evenly_and_the_first_is_free(state: PlatformState) -> None:
    rate, taken = Rate(50), []
    for _ in range(6):
        assert take_permit(state, "s", rate) is None
        taken.append(time.monotonic())
    gaps = [later - earlier for earlier, later in pairwise(taken)]
    assert taken[-1] - taken[0] >= 5 * rate.spacing_seconds - rate.good_for_seconds
    assert max(gaps) < 0.2


def test_a_costly_call_takes_several_permits_and_scopes_do_not_share(state: PlatformState) -> None:
    assert take_permit(state, "costly", Rate(10), cost=8.0) is None
    begun = time.monotonic()
    assert take_permit(state, "other", Rate(10)) is None
    assert time.monotonic() - begun < 0.3
    assert take_permit(state, "costly", Rate(10)) is None
    assert time.monotonic() - begun >= 0.6


def test_who_would_wait_too_long_takes_nothing_and_is_told_how_long(state: PlatformState) -> None:
    delay_permits(state, "s", 30.0)
    for _ in range(3):
        seconds = take_permit(state, "s", Rate(1), most_seconds=5.0)
        assert seconds is not None
        assert 28.0 < seconds <= 30.0


def test_a_permit_that_was_slept_through_is_not_used(state: PlatformState) -> None:
    rate, naps = Rate(50), []

    def _oversleep(seconds: float) -> None:
        time.sleep(seconds + (0.1 if not naps else 0.0))
        naps.append(seconds)

    take_permit(state, "s", rate)
    take_permit(state, "s", rate, sleep=_oversleep)
    with psycopg.connect(state.url) as connection:
        due = connection.execute(
            "select extract(epoch from next_at - clock_timestamp())::float8 from control.quota_buckets"
        ).fetchone()
    # The first nap was too long: another permit was taken after it, or the bucket would have stood still since.
    assert due is not None
    assert due[0] > -rate.spacing_seconds


def _take_for(url: str, rate: Rate, until: float, used: Any) -> None:
    state = PlatformState(url)
    moments = []
    while time.monotonic() < until:
        if take_permit(state, "race", rate) is None:
            moments.append(time.monotonic())
    used.put(moments)


def most_in_a_window(moments: Sequence[float], seconds: float) -> int:
    """Return the largest number of moments in any half-open window of so many seconds."""
    ordered, first, most = sorted(moments), 0, 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_several_processes_never_exceed_the_rate_together_and_a_killed_one_holds_nobody_up(
    state: PlatformState,
) -> None:
    context = multiprocessing.get_context("fork")
    used, until, rate = context.Queue(), time.monotonic() + 3.0, Rate(20)
    takers = [context.Process(target=_take_for, args=(state.url, rate, until, used)) for _ in range(4)]
    for taker in takers:
        taker.start()
    time.sleep(1.0)
    assert takers[0].pid is not None
    os.kill(takers[0].pid, signal.SIGKILL)
    moments = [moment for _ in takers[1:] for moment in used.get(timeout=20)]
    for taker in takers:
        taker.join(10)
    assert most_in_a_window(moments, 1.0) <= 20
    late = [moment for moment in moments if moment > until - 1.5]
    assert len(late) >= 1.5 * 20 * 0.8


def test_the_longest_wait_of_several_workers_stands_and_strikes_are_counted(state: PlatformState) -> None:
    write_throttle(state, SCOPE, CREDENTIAL, NOON + timedelta(minutes=9), "throttle 17", paused=False)
    stands = write_throttle(state, SCOPE, CREDENTIAL, NOON + timedelta(minutes=1), "throttle 17", paused=False)
    assert stands == NOON + timedelta(minutes=9)
    throttle = throttle_of(state, SCOPE, CREDENTIAL)
    assert throttle is not None
    assert (throttle.not_before, throttle.strikes) == (stands, 2)


def test_a_throttle_written_while_a_good_answer_arrived_stands(state: PlatformState) -> None:
    write_throttle(state, SCOPE, CREDENTIAL, NOON + timedelta(minutes=9), "throttle", paused=False)
    clear_throttle(state, SCOPE, CREDENTIAL, NOON)
    assert throttle_of(state, SCOPE, CREDENTIAL) is not None
    clear_throttle(state, SCOPE, CREDENTIAL, NOON + timedelta(minutes=9))
    assert throttle_of(state, SCOPE, CREDENTIAL) is None


def test_a_throttled_vendor_receives_nothing_before_its_time_from_any_worker(
    sink: Sink, connect: Connect, state: PlatformState
) -> None:
    conn_id, moment = connect("fairing"), [NOON]
    workers = [
        FairingHook(conn_id, PlatformState(state.url), clock=lambda: moment[0], sleep=lambda _: None) for _ in range(4)
    ]
    sink.will(Canned(429, b"", {"Retry-After": "120"}), Canned())
    with pytest.raises(PlatformWaits) as caught:
        workers[0].call(ASK)
    assert caught.value.not_before == NOON + timedelta(seconds=120)
    for worker in workers:
        with pytest.raises(PlatformWaits, match="fairing:shop_x waits until 2026-11-24 12:02:00 UTC: throttle 429"):
            worker.call(ASK)
    assert len(sink.received) == 1
    moment[0] = NOON + timedelta(seconds=120)
    assert workers[1].call(ASK).classified.ok
    assert throttle_of(state, SCOPE, CREDENTIAL) is None
    assert workers[2].call(ASK).classified.ok


def test_a_worker_that_waited_for_its_permit_asks_the_gate_again_before_it_sends(
    sink: Sink, connect: Connect, state: PlatformState
) -> None:
    hook = MetaAdsHook(connect("meta_ads"), state, clock=lambda: NOON)
    delay_permits(state, hook.scope, 1.0)

    def _throttle() -> None:
        other = PlatformState(state.url)
        write_throttle(other, hook.scope, 1, NOON + timedelta(minutes=5), "throttle 17", paused=False)
        other.close()

    told = threading.Timer(0.3, _throttle)
    told.start()
    with pytest.raises(PlatformWaits, match="waits until 2026-11-24 12:05:00 UTC: throttle 17"):
        hook.call(ASK)
    told.join()
    assert sink.received == []


def test_a_vendor_without_a_hint_is_left_alone_longer_each_time(
    sink: Sink, connect: Connect, state: PlatformState
) -> None:
    moment = [NOON]
    hook = MetaAdsHook(connect("meta_ads"), state, clock=lambda: moment[0])
    sink.will(Canned(400, b'{"error": {"code": 80004}}'))
    waits = []
    for _ in range(5):
        with pytest.raises(PlatformWaits) as caught:
            hook.call(ASK)
        waits.append((caught.value.not_before - moment[0]).total_seconds())
        moment[0] = caught.value.not_before
    assert waits == [60.0, 300.0, 900.0, 3600.0, 3600.0]


def test_a_dead_credential_is_paused_for_all_until_it_is_replaced(
    sink: Sink, connect: Connect, state: PlatformState, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn_id = connect("fairing")
    sink.will(Canned(401, b'{"message": "Unauthorized"}'), Canned())
    with pytest.raises(PlatformWaits) as caught:
        FairingHook(conn_id, state, clock=lambda: NOON).call(ASK)
    assert caught.value.paused
    with pytest.raises(PlatformWaits) as caught:
        FairingHook(conn_id, state, clock=lambda: NOON).call(ASK)
    assert caught.value.paused
    assert len(sink.received) == 1
    fields = json.loads(os.environ["AIRFLOW_CONN_SHOP_X"]) | {"password": "another"}
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_X", json.dumps(fields))
    assert FairingHook(conn_id, state, clock=lambda: NOON).call(ASK).classified.ok


def test_usage_headers_slow_down_every_worker(sink: Sink, connect: Connect, state: PlatformState) -> None:
    hook = MetaAdsHook(connect("meta_ads"), state, clock=lambda: NOON)
    sink.will(
        Canned(headers={"x-app-usage": '{"call_count": 76}'}), Canned(headers={"x-app-usage": '{"call_count": 97}'})
    )
    hook.call(ASK)
    too_far = take_permit(state, hook.scope, Rate(20), most_seconds=0.1)
    assert too_far is not None
    assert 4.0 < too_far <= 5.0
    with psycopg.connect(state.url, autocommit=True) as connection:
        connection.execute("delete from control.quota_buckets")
    hook.call(ASK)
    with pytest.raises(PlatformWaits, match="limit is nearly used up"):
        MetaAdsHook("shop_x", state, clock=lambda: NOON).call(ASK)


# Tokens


def granted(number: int, life: float = 3600.0, **more: Any) -> Canned:
    token = {"access_token": f"CANARY-token-{number}", "expires_in": life, "token_type": "Bearer", **more}
    return Canned(body=json.dumps(token).encode())


def google(connect: Connect, sink: Sink) -> str:
    token_uri = f"http://127.0.0.1:{sink.port}/token"
    return connect("google_ads", client_id="client", client_secret="CANARY-client", token_uri=token_uri)


def test_a_token_is_asked_for_once_kept_encrypted_and_reused(
    sink: Sink, connect: Connect, state: PlatformState
) -> None:
    conn_id = google(connect, sink)
    sink.will(granted(1), Canned(body=b"[]"))
    for _ in range(3):
        GoogleAdsHook(conn_id, state, clock=lambda: NOON).call(ASK)
    assert [one.path for one in sink.received] == ["/token"] + ["/api/questions"] * 3
    assert sink.received[0].body == (
        b"grant_type=refresh_token&client_id=client&client_secret=CANARY-client&refresh_token=CANARY-password"
    )
    assert sink.received[1].headers["Authorization"] == "Bearer CANARY-token-1"
    with psycopg.connect(state.url) as connection:
        row = connection.execute("select oauth_tokens::text from control.oauth_tokens").fetchone()
        assert row is not None
        assert "CANARY" not in row[0]
        ((access,),) = connection.execute("select access_enc from control.oauth_tokens").fetchall()
    assert token_cipher().decrypt(access) == b"CANARY-token-1"


def test_a_token_is_renewed_at_80_percent_of_its_life(sink: Sink, connect: Connect, state: PlatformState) -> None:
    conn_id, moment = google(connect, sink), [NOON]
    sink.will(granted(1), Canned(body=b"[]"), Canned(body=b"[]"), granted(2), Canned(body=b"[]"))
    hook = GoogleAdsHook(conn_id, state, clock=lambda: moment[0])
    hook.call(ASK)
    moment[0] = NOON + timedelta(seconds=2879)
    hook.call(ASK)
    moment[0] = NOON + timedelta(seconds=2880)
    hook.call(ASK)
    assert [one.headers.get("Authorization") for one in sink.received] == [
        None,
        "Bearer CANARY-token-1",
        "Bearer CANARY-token-1",
        None,
        "Bearer CANARY-token-2",
    ]


def test_a_refused_token_is_replaced_once_and_then_the_credential_is_dead(
    sink: Sink, connect: Connect, state: PlatformState
) -> None:
    hook = GoogleAdsHook(google(connect, sink), state, clock=lambda: NOON)
    refused = Canned(401, b'{"error": {"code": 401, "status": "UNAUTHENTICATED"}}')
    sink.will(granted(1), refused, granted(2), Canned(body=b"[]"))
    assert hook.call(ASK).classified.ok
    sink.will(refused, granted(3), refused)
    sink.received.clear()
    with pytest.raises(PlatformWaits) as caught:
        hook.call(ASK)
    assert caught.value.paused
    assert len(sink.received) == 3


def test_a_revoked_refresh_token_pauses_the_credential(sink: Sink, connect: Connect, state: PlatformState) -> None:
    hook = GoogleAdsHook(google(connect, sink), state, clock=lambda: NOON)
    sink.will(Canned(400, b'{"error": "invalid_grant", "error_description": "CANARY"}'))
    for _ in range(3):
        with pytest.raises(PlatformWaits, match=r"google_ads:shop_x .* auth_dead invalid_grant") as caught:
            hook.call(ASK)
        assert "CANARY" not in str(caught.value)
    assert len(sink.received) == 1


def test_a_token_endpoint_that_stumbles_is_tried_again(sink: Sink, connect: Connect, state: PlatformState) -> None:
    hook = GoogleAdsHook(google(connect, sink), state, clock=lambda: NOON, sleep=lambda _: None)
    sink.will(Canned(503, b""), Canned(200, b"<html>"), granted(1), Canned(body=b"[]"))
    assert hook.call(ASK).classified.ok
    with psycopg.connect(state.url, autocommit=True) as connection:
        connection.execute("delete from control.oauth_tokens")
    sink.will(Canned(503, b""))
    sink.received.clear()
    with pytest.raises(PlatformRefused) as caught:
        hook.call(ASK)
    assert caught.value.again_later
    assert len(sink.received) == 5


def test_a_changed_connection_discards_what_was_kept(
    sink: Sink, connect: Connect, state: PlatformState, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn_id = google(connect, sink)
    sink.will(granted(1, refresh_token="CANARY-rotated"), Canned(body=b"[]"), granted(2), Canned(body=b"[]"))
    GoogleAdsHook(conn_id, state, clock=lambda: NOON).call(ASK)
    fields = json.loads(os.environ["AIRFLOW_CONN_SHOP_X"]) | {"password": "new-seed"}
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_X", json.dumps(fields))
    GoogleAdsHook(conn_id, state, clock=lambda: NOON).call(ASK)
    assert sink.received[2].body.endswith(b"refresh_token=new-seed")
    assert sink.received[3].headers["Authorization"] == "Bearer CANARY-token-2"


def shopify(connect: Connect) -> str:
    return connect("shopify", shop_domain="x.myshopify.com", client_id="app", token_path="/admin/oauth/access_token")


def test_a_shops_token_comes_from_its_client_and_lives_a_day(
    sink: Sink, connect: Connect, state: PlatformState
) -> None:
    hook = ShopifyHook(shopify(connect), state, clock=lambda: NOON)
    sink.will(granted(1, 86_399.0), Canned(body=b'{"data": {}}'))
    hook.call(ASK)
    assert sink.received[0].path == "/admin/oauth/access_token"
    assert sink.received[0].body == b"client_id=app&client_secret=CANARY-password&grant_type=client_credentials"
    assert sink.received[1].headers["X-Shopify-Access-Token"] == "CANARY-token-1"


def test_a_rotating_refresh_token_is_used_and_the_seed_when_it_is_gone(
    sink: Sink, connect: Connect, state: PlatformState
) -> None:
    moment = [NOON]
    hook, ok = ShopifyHook(shopify(connect), state, clock=lambda: moment[0]), Canned(body=b'{"data": {}}')
    sink.will(granted(1, refresh_token="first"), ok, granted(2, refresh_token="second"), ok)
    hook.call(ASK)
    moment[0] += timedelta(hours=1)
    hook.call(ASK)
    assert sink.received[2].body.endswith(b"grant_type=refresh_token&refresh_token=first")
    sink.will(Canned(400, b'{"error": "invalid_grant"}'), granted(3), ok)
    moment[0] += timedelta(hours=1)
    hook.call(ASK)
    assert sink.received[4].body.endswith(b"refresh_token=second")
    assert sink.received[5].body.endswith(b"grant_type=client_credentials")


def _ask_for_a_token(url: str, key: str, asked: Any, seconds: float, tokens: Any) -> None:
    def _obtain(refresh: Secret | None) -> Grant:
        with asked.get_lock():
            asked.value += 1
            number = asked.value
        time.sleep(seconds)
        return Grant(Secret(f"token-{number}"), 3600.0)

    token = access_token(PlatformState(url), "race", 1, FernetCipher(key), NOON, _obtain)
    tokens.put(token.access.reveal())


def test_eight_processes_ask_for_one_token_and_the_killed_one_leaves_it_to_the_next(state: PlatformState) -> None:
    context, key = multiprocessing.get_context("fork"), Fernet.generate_key().decode()
    asked, tokens = context.Value("i", 0), context.Queue()
    first = context.Process(target=_ask_for_a_token, args=(state.url, key, asked, 60.0, tokens))
    first.start()
    _until(lambda: asked.value == 1)
    others = [context.Process(target=_ask_for_a_token, args=(state.url, key, asked, 0.2, tokens)) for _ in range(7)]
    for other in others:
        other.start()
    time.sleep(0.5)
    assert asked.value == 1
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    assert [tokens.get(timeout=20) for _ in others] == ["token-2"] * 7
    for process in (first, *others):
        process.join(10)
    assert asked.value == 2


def _until(true: Any) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_key_that_does_not_fit_is_told_by_name(state: PlatformState, monkeypatch: pytest.MonkeyPatch) -> None:
    access_token(state, "x", 1, token_cipher(), NOON, lambda _: Grant(Secret("CANARY")))
    monkeypatch.setenv("ATTRIBUTION_FERNET_KEY", Fernet.generate_key().decode())
    with pytest.raises(InvalidInput, match="written with another key; set ATTRIBUTION_FERNET_KEY"):
        access_token(state, "x", 1, token_cipher(), NOON, lambda _: Grant(Secret("CANARY")))
    monkeypatch.setenv("ATTRIBUTION_FERNET_KEY", "CANARY")
    with pytest.raises(InvalidInput, match="is no Fernet key"):
        token_cipher()
    monkeypatch.delenv("ATTRIBUTION_FERNET_KEY")
    with pytest.raises(InvalidInput, match="no key for tokens: set ATTRIBUTION_FERNET_KEY"):
        token_cipher()
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", Fernet.generate_key().decode())
    assert token_cipher().decrypt(token_cipher().encrypt(b"token")) == b"token"


def test_the_connection_opens_again_after_it_broke(state: PlatformState, database: Database) -> None:
    assert take_permit(state, "s", Rate(50)) is None
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'attribution-platforms'"
        )
    assert take_permit(state, "s", Rate(50)) is None


def test_threads_share_one_connection_one_statement_at_a_time(state: PlatformState) -> None:
    results: list[float | None] = []
    threads = [threading.Thread(target=lambda: results.append(take_permit(state, "t", Rate(50)))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert results == [None] * 5


def test_tokens_are_the_hooks_alone(state: PlatformState, database: Database) -> None:
    access_token(state, "x", 1, token_cipher(), NOON, lambda _: Grant(Secret("CANARY")))
    with psycopg.connect(database.control_url, autocommit=True) as connection:
        assert connection.execute("select conn_id, version from control.oauth_tokens").fetchall() == [("x", 1)]
        for forbidden in (
            "select access_enc from control.oauth_tokens",
            "delete from control.api_throttles",
            "update control.quota_buckets set next_at = now()",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)
    for url in (database.reader_url, database.ingest_url):
        with psycopg.connect(url, autocommit=True) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select conn_id from control.oauth_tokens")
