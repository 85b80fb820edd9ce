"""One HTTP exchange over a pooled connection, to a checked address, with limits of time and size.

The name is resolved and checked when a socket is opened, and the socket is opened to the address that was checked, so
that a second answer of the name server changes nothing. Redirects, cookies, proxies and .netrc are off. What fails is
told by the exception's class alone: requests and urllib3 write whole addresses, secrets included, into their messages.
"""

import logging
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Literal

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util.retry import Retry

from include.errors import HostRefused

_POOL_SIZE = 16
_CHUNK = 65_536

Check = Callable[[str, str, int], str | None]
"""(address, host, port) -> why a socket must not be opened, or None."""


@dataclass(frozen=True)
class Limits:
    """connect and read: seconds per socket operation. total: for the whole answer. body: most bytes, unpacked."""

    connect: float = 5.0
    read: float = 30.0
    total: float = 120.0
    body: int = 64 * 1024 * 1024


@dataclass(frozen=True, repr=False)
class Answer:
    """What came back; its repr shows the status only."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Answer({self.status}, {len(self.body)} bytes)"


@dataclass(frozen=True)
class NoAnswer:
    """No whole answer. received: whether the vendor may have got the request. reason: our own words.

    refused: by the check of its address, before a byte was sent. It is told, not raised, because the frames in between
    hold the request.
    """

    received: Literal["no", "maybe"]
    reason: str
    refused: bool = False


class _HideQueries(logging.Filter):
    """urllib3 logs the path of every request with its query at DEBUG; a query may hold a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "?" in message or "&" in message:
            record.msg, record.args = message.split("?")[0].split("&")[0] + "?...", ()
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_HideQueries())


def checked_session(check: Check) -> requests.Session:
    """Return a pooled session that opens sockets to checked addresses only and follows nothing by itself."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = CheckedAdapter(check)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class CheckedAdapter(HTTPAdapter):
    """An adapter whose pools connect through `check`."""

    def __init__(self, check: Check) -> None:
        self._check = check
        super().__init__(pool_connections=_POOL_SIZE, pool_maxsize=_POOL_SIZE, max_retries=Retry(0, read=False))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools' connections checked ones."""
        super().init_poolmanager(*args, **kwargs)
        attributes = {"check": staticmethod(self._check)}
        plain = type("CheckedHTTPConnection", (_Checked, HTTPConnection), attributes)
        encrypted = type("CheckedHTTPSConnection", (_Checked, HTTPSConnection), attributes)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("CheckedHTTPPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("CheckedHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": encrypted}),
        }


class _Checked:
    """Mixed into urllib3's connections: where they resolve and connect, this resolves, checks and connects."""

    check: Check
    _dns_host: str
    port: int
    timeout: float
    socket_options: Any

    def _new_conn(self) -> socket.socket:
        host, port = self._dns_host.strip("[]"), self.port
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise NewConnectionError(self, "name does not resolve")  # type: ignore[arg-type]
        faults = [self.check(str(address[0]), host, port) for *_, address in found]
        # One bad address among good ones is how a rebinding answer looks.
        if fault := next((fault for fault in faults if fault), None):
            raise HostRefused(fault)
        return self._connect(found)

    def _connect(self, found: list[Any]) -> socket.socket:
        late = False
        for family, kind, protocol, _, address in found:
            sock = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(self.timeout)
                sock.connect(address)
            except OSError as error:
                sock.close()
                late = isinstance(error, TimeoutError)
                continue
            return sock
        if late:
            raise ConnectTimeoutError(self, "connect timed out")
        raise NewConnectionError(self, "connect refused")  # type: ignore[arg-type]


def exchange(session: requests.Session, request: requests.Request, limits: Limits) -> Answer | NoAnswer:
    """Send one request and return the whole answer, whatever its status, or why there is none."""
    try:
        prepared = session.prepare_request(request)
        response = session.send(
            prepared, timeout=(limits.connect, limits.read), allow_redirects=False, stream=True, proxies={}
        )
        return _read(response, time.monotonic() + limits.total, limits.body)
    except HostRefused as error:
        return NoAnswer("no", str(error), refused=True)
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        return _no_answer(error)


def _read(response: requests.Response, deadline: float, most: int) -> Answer | NoAnswer:
    chunks, size = [], 0
    try:
        # read1 returns what has arrived: a server that drips never fills a whole chunk, and would never be timed.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > most:
                return NoAnswer("maybe", f"answer is larger than {most} bytes")
            if time.monotonic() > deadline:
                return NoAnswer("maybe", "answer took too long")
            chunks.append(chunk)
        whole = Answer(response.status_code, response.headers, b"".join(chunks))
        response.raw.release_conn()
        return whole
    finally:
        # Does nothing to a connection that went back to its pool; ends one that was not read to its end.
        response.raw.close()


def _no_answer(error: Exception) -> NoAnswer:
    cause: Any = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    unsent = isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError) or isinstance(
        reason, NewConnectionError | ConnectTimeoutError
    )
    kind = type(reason).__name__ if isinstance(reason, Exception) else type(error).__name__
    return NoAnswer("no" if unsent else "maybe", f"no answer ({kind})")
