"""A small HTTP server that answers what a test tells it and keeps what it received."""

import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Canned:
    """One answer. cut: close after the headers and this many bytes. drip: seconds between the bytes of the body."""

    status: int = 200
    body: bytes = b'{"data": []}'
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: int | None = None
    reset: bool = False
    drip: float = 0.0


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


class Sink:
    """Answers with the queued answers in turn, the last one again and again."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[Canned] = [Canned()]
        self.connections = 0
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                sink.connections += 1
                super().setup()

            def answer(self) -> None:
                sink.answer(self)

            do_GET = do_POST = answer

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *args: Any) -> None:
                """A client that hangs up is what the tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._lock = threading.Lock()

    def __enter__(self) -> "Sink":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def encrypt(self, certificate: Path) -> None:
        """Speak TLS with this key and certificate from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def will(self, *answers: Canned) -> None:
        """Queue these answers instead of what was queued."""
        self.answers = list(answers)

    def answer(self, handler: Any) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        with self._lock:
            self.received.append(Received(handler.command, handler.path, dict(handler.headers), body, time.monotonic()))
            canned = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        time.sleep(canned.delay)
        if canned.reset:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            handler.close_connection = True
            handler.connection.close()
            return
        handler.send_response(canned.status)
        for name, value in canned.headers.items():
            handler.send_header(name, value)
        if canned.status != 204:
            handler.send_header("Content-Length", str(len(canned.body)))
        handler.end_headers()
        self._write(handler, canned)

    def _write(self, handler: Any, canned: Canned) -> None:
        if canned.cut is not None:
            handler.wfile.write(canned.body[: canned.cut])
            handler.close_connection = True
        elif canned.drip:
            for position in range(len(canned.body)):
                handler.wfile.write(canned.body[position : position + 1])
                handler.wfile.flush()
                time.sleep(canned.drip)
        else:
            handler.wfile.write(canned.body)
