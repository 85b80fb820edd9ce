"""The one way to a platform, over real sockets: what is refused, what is retried, what is never told."""

import gzip
import io
import json
import logging
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk.exceptions import AirflowException
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from attribution_airflow.connections import platform_connection
from attribution_airflow.hooks import transport
from attribution_airflow.hooks.fairing import FairingHook
from attribution_airflow.hooks.ga4 import Ga4Hook
from attribution_airflow.hooks.google_ads import GoogleAdsHook
from attribution_airflow.hooks.http import PlatformHook
from attribution_airflow.hooks.meta_ads import MetaAdsHook
from attribution_airflow.hooks.shopify import ShopifyHook
from attribution_airflow.hooks.tiktok_ads import TikTokAdsHook
from attribution_airflow.hooks.transport import Limits
from include.errors import HostRefused, InvalidInput, PlatformRefused, PlatformWaits, TooMuchAsked
from include.platforms.outcome import Outcome
from include.platforms.request import PlatformRequest
from tests.integration.platforms.conftest import Connect
from tests.integration.platforms.sink import Canned, Sink

READ = PlatformRequest("GET", "/v26.0/act_1/insights", params={"after": "CANARY-cursor"})
SEND = PlatformRequest("POST", "/mp/collect", body=b'{"user": "CANARY-jane@example.test"}')


class Everything(logging.Handler):
    """Collects every record of every logger, exceptions included."""

    def __init__(self) -> None:
        super().__init__(0)
        self.text = io.StringIO()
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.text.write(self.format(record) + "\n")


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Return everything told so far: records of every logger at every level, and what Airflow's own writes out."""
    collector = Everything()
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(1)
        logger.addHandler(collector)

    def _told() -> str:
        out, err = capsys.readouterr()
        collector.text.write(out + err)
        return collector.text.getvalue()

    yield _told
    for logger, level in before:
        logger.removeHandler(collector)
        logger.setLevel(level)


def hook_of(kind: type[PlatformHook[Any]], conn_id: str, **options: Any) -> Any:
    slept: list[float] = []
    hook = kind(conn_id, None, sleep=slept.append, jitter=lambda: 0.0, **options)
    hook.slept = slept  # type: ignore[attr-defined]
    return hook


def test_a_good_answer_is_classified_and_connections_are_kept(sink: Sink, connect: Connect) -> None:
    hook = hook_of(MetaAdsHook, connect("meta_ads", base_path="/stub"))
    for _ in range(5):
        reply = hook.call(READ)
    assert (reply.status, reply.body, reply.received) == (200, b'{"data": []}', "yes")
    assert sink.connections == 1
    got = sink.received[0]
    assert got.path == "/stub/v26.0/act_1/insights?after=CANARY-cursor"
    assert got.headers["Authorization"] == "Bearer CANARY-password"


def test_extras_of_a_connection_never_become_headers(sink: Sink, connect: Connect) -> None:
    hook_of(MetaAdsHook, connect("meta_ads", pixel_id="4711")).call(READ)
    assert "4711" not in json.dumps(sink.received[0].headers)


def test_each_vendor_authenticates_as_documented(sink: Sink, connect: Connect) -> None:
    sink.will(Canned(body=b'{"code": 0, "data": {}}'))
    hook_of(TikTokAdsHook, connect("tiktok_ads")).call(PlatformRequest("GET", "/open_api/v1.3/x/"))
    assert sink.received[-1].headers["Access-Token"] == "CANARY-password"
    sink.will(Canned())
    hook_of(FairingHook, connect("fairing")).call(PlatformRequest("GET", "/api/questions"))
    assert sink.received[-1].headers["Authorization"] == "CANARY-password"
    hook_of(FairingHook, connect("fairing", auth_scheme="Bearer")).call(PlatformRequest("GET", "/api/questions"))
    assert sink.received[-1].headers["Authorization"] == "Bearer CANARY-password"
    sink.will(Canned(body=b'{"data": {}}'))
    hook_of(ShopifyHook, connect("shopify", shop_domain="x.myshopify.com")).call(
        PlatformRequest("POST", "/admin/api/2026-10/graphql.json", body=b"{}")
    )
    assert sink.received[-1].headers["X-Shopify-Access-Token"] == "CANARY-password"
    sink.will(Canned(204, b""))
    hook_of(Ga4Hook, connect("ga4", measurement_id="G-1")).call(SEND)
    assert sink.received[-1].path == "/mp/collect?measurement_id=G-1&api_secret=CANARY-password"


def test_a_stumble_is_tried_again_and_a_redirect_never_followed(sink: Sink, connect: Connect) -> None:
    hook = hook_of(MetaAdsHook, connect("meta_ads"))
    sink.will(Canned(500, b"<html>"), Canned(200, b'{"data": ['), Canned(reset=True), Canned())
    assert hook.call(READ).status == 200
    assert hook.slept == [0.25, 0.5, 1.0]
    sink.will(Canned(302, b"", {"Location": f"http://127.0.0.1:{sink.port}/elsewhere"}))
    sink.received.clear()
    with pytest.raises(PlatformRefused, match="config 302: redirect refused; correct host, schema or base_path"):
        hook.call(READ)
    assert [one.path.split("?")[0] for one in sink.received] == ["/v26.0/act_1/insights"]


def test_five_stumbles_are_left_to_a_later_run_and_a_wrong_request_is_not(sink: Sink, connect: Connect) -> None:
    hook = hook_of(MetaAdsHook, connect("meta_ads"))
    sink.will(Canned(500, b"<html>"))
    with pytest.raises(PlatformRefused) as caught:
        hook.call(READ)
    assert caught.value.again_later
    assert len(sink.received) == 5
    sink.will(Canned(400, b'{"error": {"code": 100, "message": "x"}}'))
    with pytest.raises(PlatformRefused) as caught:
        hook.call(READ)
    assert not caught.value.again_later
    sink.will(Canned(400, b'{"error": {"code": 10, "message": "x"}}'))
    with pytest.raises(PlatformRefused) as caught:
        hook.call(READ)
    assert caught.value.account_only


def test_stumbles_before_a_throttle_do_not_lengthen_its_wait(sink: Sink, connect: Connect) -> None:
    hook = hook_of(TikTokAdsHook, connect("tiktok_ads"))
    sink.will(Canned(500, b""), Canned(500, b""), Canned(body=b'{"code": 40100}'), Canned(body=b'{"code": 0}'))
    assert hook.call(READ).classified.ok
    assert hook.slept == [0.25, 0.5, 1.0]


def test_too_much_asked_and_waiting_are_told_apart(sink: Sink, connect: Connect) -> None:
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    hook = hook_of(MetaAdsHook, connect("meta_ads"), clock=lambda: now)
    sink.will(Canned(400, b'{"error": {"code": 100, "error_subcode": 1487534}}'))
    with pytest.raises(TooMuchAsked, match="meta_ads:shop_x: shrink 100/1487534"):
        hook.call(READ)
    sink.will(Canned(400, b'{"error": {"code": 17, "error_subcode": 2446079}}'))
    with pytest.raises(
        PlatformWaits, match=r"meta_ads:shop_x waits until 2026-11-24 12:10:00 UTC: throttle 17/2446079"
    ):
        hook.call(READ)
    assert hook.slept == []
    sink.will(Canned(401, b'{"error": {"code": 190, "error_subcode": 463}}'))
    with pytest.raises(PlatformWaits) as caught:
        hook.call(READ)
    assert caught.value.paused


def test_whether_the_vendor_may_have_got_a_request_is_told(
    sink: Sink, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = hook_of(MetaAdsHook, connect("meta_ads"))
    for canned in (Canned(reset=True), Canned(cut=3)):
        sink.will(canned)
        reply = hook.send(READ)
        assert (reply.classified.outcome, reply.received, reply.status) == (Outcome.TRANSIENT, "maybe", 0)
    with Sink() as gone:
        monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", f"127.0.0.1:{gone.port}")
        fields = {"conn_type": "meta_ads", "host": "127.0.0.1", "schema": "http", "port": gone.port, "password": "x"}
        monkeypatch.setenv("AIRFLOW_CONN_SHOP_X", json.dumps(fields))
        hook = hook_of(MetaAdsHook, "shop_x")
    reply = hook.send(READ)
    assert (reply.classified.outcome, reply.received) == (Outcome.TRANSIENT, "no")


def test_a_read_that_takes_too_long_or_drips_for_ever_ends(
    sink: Sink, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MetaAdsHook, "limits", Limits(connect=1.0, read=0.2, total=0.3))
    hook = hook_of(MetaAdsHook, connect("meta_ads"))
    sink.will(Canned(delay=1.0))
    begun = time.monotonic()
    assert hook.send(READ).classified.outcome is Outcome.TRANSIENT
    sink.will(Canned(body=b" " * 100, drip=0.05))
    assert hook.send(READ).classified.reason in ("answer took too long", "no answer (ReadTimeoutError)")
    assert time.monotonic() - begun < 3.0


def test_an_answer_beyond_the_cap_is_not_read_also_when_it_unpacks_to_it(
    sink: Sink, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MetaAdsHook, "limits", Limits(body=100_000))
    hook = hook_of(MetaAdsHook, connect("meta_ads"))
    sink.will(Canned(body=b"x" * 100_001))
    assert hook.send(READ).classified.reason == "answer is larger than 100000 bytes"
    sink.will(Canned(body=gzip.compress(b"x" * 50_000_000), headers={"Content-Encoding": "gzip"}))
    assert hook.send(READ).classified.reason == "answer is larger than 100000 bytes"
    sink.will(Canned(body=gzip.compress(b'{"data": []}'), headers={"Content-Encoding": "gzip"}))
    assert hook.send(READ).classified.ok


def test_cookies_proxies_and_netrc_are_off(
    sink: Sink, connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    sink.will(Canned(headers={"Set-Cookie": "session=1"}))
    hook = hook_of(FairingHook, connect("fairing"))
    hook.call(PlatformRequest("GET", "/api/questions"))
    hook.call(PlatformRequest("GET", "/api/questions"))
    assert "Cookie" not in sink.received[1].headers


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "example.test", "169.254.169.254", "localhost"])
def test_a_host_outside_the_list_is_refused_when_the_connection_is_read(
    host: str, sink: Sink, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn_id = connect("meta_ads")
    fields = {"conn_type": "meta_ads", "host": host, "schema": "http", "port": sink.port, "password": "CANARY"}
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_X", json.dumps(fields))
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", "stub.test:1")
    with pytest.raises(HostRefused, match=rf"connection shop_x \(meta_ads\): host {host}:\d+ is not one of meta_ads"):
        MetaAdsHook(conn_id, None)
    assert sink.connections == 0


def test_a_vendors_name_that_resolves_to_this_machine_is_refused_before_a_byte_is_sent(
    sink: Sink, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect("meta_ads")
    fields = {"conn_type": "meta_ads", "host": "graph.facebook.com", "schema": "https", "password": "CANARY"}
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_X", json.dumps(fields))
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", sink.port))]
    monkeypatch.setattr(transport.socket, "getaddrinfo", lambda *args, **options: answer)
    with pytest.raises(
        HostRefused, match=r"graph.facebook.com:443 resolves to 127.0.0.1, which is no public address"
    ) as caught:
        hook_of(MetaAdsHook, "shop_x").call(READ)
    assert sink.connections == 0
    assert "CANARY" not in "".join(_with_contexts(caught.value))


def test_the_socket_goes_to_the_address_that_was_checked_whatever_the_name_says_next(
    sink: Sink, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, asked = sink.port, []
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", f"stub.test:{port}")
    fields = {"conn_type": "meta_ads", "host": "stub.test", "schema": "http", "port": port, "password": "x"}
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_X", json.dumps(fields))

    def _resolve(host: str, *args: Any, **options: Any) -> Any:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(transport.socket, "getaddrinfo", _resolve)
    hook = hook_of(MetaAdsHook, "shop_x")
    assert hook.call(READ).status == 200
    assert asked == ["stub.test"]
    assert sink.received[0].headers["Host"] == f"stub.test:{port}"
    sink.will(Canned(reset=True))
    with pytest.raises(HostRefused, match=r"resolves to 169\.254\.169\.254"):
        hook.call(READ)


def test_while_the_clock_is_fixed_only_this_machine_is_asked(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    conn_id = connect("meta_ads")
    monkeypatch.setenv("ATTRIBUTION_NOW", "2026-03-31T12:00:00Z")
    assert platform_connection(conn_id).base.where.is_loopback
    fields = {"conn_type": "meta_ads", "host": "graph.facebook.com", "schema": "https", "password": "x"}
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_X", json.dumps(fields))
    with pytest.raises(HostRefused, match="is not this machine while ATTRIBUTION_NOW fixes the clock"):
        platform_connection(conn_id)


def test_every_endpoint_of_a_connection_is_checked_not_only_its_base(connect: Connect) -> None:
    conn_id = connect("google_ads", client_id="a", client_secret="b", token_uri="https://attacker.test/token")
    with pytest.raises(HostRefused, match=r"host attacker\.test:443 is not one of google_ads"):
        platform_connection(conn_id)


def test_a_missing_connection_a_broken_extra_and_a_wrong_type_are_one_line_each(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput, match="connection nobody does not exist; create it"):
        MetaAdsHook("nobody", None)
    with pytest.raises(InvalidInput, match="connection shop_x has type fairing; its type must be meta_ads"):
        MetaAdsHook(connect("fairing"), None)


@pytest.mark.parametrize(
    "canned",
    [
        Canned(500, b'{"error": {"code": 1, "message": "CANARY-body"}}'),
        Canned(400, b'{"error": {"code": 100, "message": "CANARY-body"}}'),
        Canned(400, b'{"error": {"code": "CANARY-body", "fbtrace_id": "CANARY body"}}'),
        Canned(401, b'{"error": {"code": 190, "message": "CANARY-body"}}'),
        Canned(400, b'{"error": {"code": 17, "message": "CANARY-body"}}'),
        Canned(200, b"<html>CANARY-body"),
        Canned(302, b"CANARY-body", {"Location": "http://example.test/?token=CANARY-location"}),
        Canned(reset=True),
        Canned(cut=2, body=b"CANARY-body"),
        Canned(body=b"\x1f\x8bCANARY-body", headers={"Content-Encoding": "gzip"}),
        Canned(body=b"CANARY-body" * 20_000),
        Canned(delay=0.5),
        Canned(204, b""),
        Canned(403, b"CANARY-body", {"X-CANARY": "CANARY-header"}),
    ],
)
@pytest.mark.parametrize("kind", [Ga4Hook, MetaAdsHook, TikTokAdsHook])
def test_no_failure_tells_a_secret_a_query_or_a_body(
    kind: type[PlatformHook[Any]],
    canned: Canned,
    sink: Sink,
    connect: Connect,
    logged: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kind, "limits", Limits(connect=1.0, read=0.2, total=0.3, body=100_000))
    hook = hook_of(kind, connect(kind.conn_type, **({"measurement_id": "G-1"} if kind is Ga4Hook else {})))
    sink.will(canned)
    request = PlatformRequest("POST", "/x/", params={"q": "CANARY-param"}, body=b"CANARY-body")
    told = [repr(hook), str(hook), repr(request), repr(hook.connection)]
    try:
        told.append(repr(hook.call(request)))
    except Exception as error:  # noqa: BLE001 - whatever is raised is looked at
        told.append("".join(traceback.format_exception(error)))
        told.extend(_with_contexts(error))
    assert "CANARY" not in logged() + "".join(told)


@pytest.mark.parametrize(
    "canned",
    [
        Canned(400, b'{"error": "invalid_grant", "error_description": "CANARY-body"}'),
        Canned(400, b'{"error": "CANARY-body"}'),
        Canned(200, b'{"token_type": "CANARY-body"}'),
        Canned(200, b'{"access_token": "CANARY-token", "expires_in": "CANARY"}'),
        Canned(500, b"CANARY-body"),
        Canned(302, b"", {"Location": "http://example.test/CANARY"}),
        Canned(reset=True),
    ],
)
def test_no_failure_of_a_token_endpoint_tells_a_secret(
    canned: Canned, sink: Sink, connect: Connect, logged: Callable[[], str]
) -> None:
    token_uri = f"http://127.0.0.1:{sink.port}/token"
    secrets = {"client_secret": "CANARY-client", "developer_token": "CANARY-developer"}
    hook = hook_of(GoogleAdsHook, connect("google_ads", client_id="a", token_uri=token_uri, **secrets))
    sink.will(canned)
    told = [repr(hook.connection)]
    try:
        told.append(repr(hook.call(READ)))
    except Exception as error:  # noqa: BLE001 - whatever is raised is looked at
        told.append("".join(traceback.format_exception(error)))
        told.extend(_with_contexts(error))
    assert "CANARY" not in logged() + "".join(told)


def test_over_tls_the_name_is_proven_although_the_socket_went_to_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = _self_signed("stub.test", tmp_path)
    with Sink() as sink:
        sink.encrypt(certificate)
        answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", sink.port))]
        monkeypatch.setattr(transport.socket, "getaddrinfo", lambda *args, **options: answer)
        session = transport.checked_session(lambda address, host, port: None)
        for host, trusted, whole in (
            ("stub.test", True, True),
            ("stub.test", False, False),
            ("other.test", True, False),
        ):
            session.verify = str(certificate) if trusted else True
            request = requests.Request("GET", f"https://{host}:{sink.port}/")
            answered = transport.exchange(session, request, Limits())
            assert isinstance(answered, transport.Answer) == whole, (host, trusted)
            if isinstance(answered, transport.NoAnswer):
                assert answered.received == "no"


def _self_signed(name: str, folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "stub.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def test_what_is_looked_at_would_show_what_httphook_itself_tells(
    sink: Sink, connect: Connect, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connect("meta_ads")
    sink.will(Canned(400, b"CANARY-body"))
    with pytest.raises(AirflowException):
        HttpHook(http_conn_id="shop_x").run("/x?token=CANARY-query")
    assert "CANARY-body" in logged()


def _with_contexts(error: BaseException | None) -> Iterator[str]:
    """Yield everything an exception carries: itself, its attributes, causes and contexts, and our frames' locals."""
    while error is not None:
        yield repr(error) + str(error) + repr(vars(error))
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if "/attribution_airflow/" in frame.f_code.co_filename or "/include/" in frame.f_code.co_filename:
                yield repr(frame.f_locals)
        error = error.__cause__ or error.__context__


def test_names_that_do_not_resolve_are_told_without_the_address(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", "does-not-exist.invalid:80")
    fields = {"conn_type": "ga4", "host": "does-not-exist.invalid", "schema": "http", "port": 80, "password": "CANARY"}
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_X", json.dumps({**fields, "extra": {"measurement_id": "G-1"}}))
    reply = hook_of(Ga4Hook, "shop_x").send(SEND)
    assert (reply.received, str(reply.classified)) == ("no", "transient: no answer (NewConnectionError)")
    assert "CANARY" not in logged()


def test_httphooks_own_ways_of_sending_are_closed(sink: Sink, connect: Connect) -> None:
    hook = hook_of(MetaAdsHook, connect("meta_ads"))
    for send in (hook.run, hook.run_and_check):
        with pytest.raises(NotImplementedError, match="use call or send"):
            send("/x")
    assert sink.received == []


def test_a_version_that_the_vendor_moved_on_by_itself_is_told_once(
    sink: Sink, connect: Connect, logged: Callable[[], str]
) -> None:
    sink.will(Canned(headers={"facebook-api-version": "v27.0"}))
    hook = hook_of(MetaAdsHook, connect("meta_ads", api_version="v26.0"))
    hook.call(READ)
    hook.call(READ)
    assert logged().count("asked version v26.0, answered by v27.0; move api_version on") == 1
