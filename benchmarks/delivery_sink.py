"""`python -m benchmarks.delivery_sink SECONDS`: a server that reads every request whole and returns a canned reply.

It prints its port and stands for all three vendors; SECONDS is how late a reply comes. It parses no more than the
length of a body, because whatever it spends, a client on the same machine cannot.
"""

import asyncio
import re
import sys

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
_META = b'{"events_received":1000,"messages":[],"fbtrace_id":"Abench"}'
_TIKTOK = b'{"code":0,"message":"OK","request_id":"bench","data":{}}'
_REPLIES = {
    b"/mp/collect": b"HTTP/1.1 204 No Content\r\n\r\n",
    b"/open_api/": _HEAD % (len(_TIKTOK), _TIKTOK),
    b"/v": _HEAD % (len(_META), _META),
}


class _Canned(asyncio.Protocol):
    """One kept connection: counts the bytes of a body without keeping them."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._head = b""
        self._missing = -1
        self._reply = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._head += data
            head, found, body = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            self._head = b""
            length = _LENGTH.search(head)
            self._missing = (int(length[1]) if length else 0) - len(body)
            path = head.split(b" ", 2)[1]
            self._reply = next(reply for prefix, reply in _REPLIES.items() if path.startswith(prefix))
        else:
            self._missing -= len(data)
        if self._missing == 0:
            self._missing = -1
            asyncio.get_running_loop().call_later(self._seconds, self._transport.write, self._reply)


async def _serve(seconds: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Canned(seconds), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
