"""An SMTP server that keeps what it receives, as much of the protocol as smtplib speaks without TLS or login."""

import socketserver
import threading
from typing import Any


class Mailbox:
    """Listens on a free port of this machine."""

    def __init__(self) -> None:
        self.messages: list[tuple[list[str], str]] = []
        mailbox = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                mailbox.converse(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> "Mailbox":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def converse(self, handler: Any) -> None:
        say = lambda text: handler.wfile.write(f"{text}\r\n".encode())  # noqa: E731
        recipients: list[str] = []
        say("220 mailbox")
        while line := handler.rfile.readline().decode().strip():
            if line.upper().startswith("RCPT TO:"):
                recipients.append(line[8:].strip().strip("<>"))
            if line.upper() == "DATA":
                say("354 go on")
                lines = iter(lambda: handler.rfile.readline().decode(), ".\r\n")
                self.messages.append((recipients, "".join(lines)))
            say("221 bye" if line.upper() == "QUIT" else "250 ok")
