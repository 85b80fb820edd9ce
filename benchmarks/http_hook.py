"""What the platform hook costs per call, against a bare requests.Session that asks the same canned local server.

Ours authenticates, connects through the address check, reads within its caps, classifies and decides; the bare session
reads the body and parses its JSON, which anybody has to. Shared state is measured apart, because it is a database's
round trips: the gate and the permit of a call.
"""

import json
import multiprocessing
import os
import socket
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.report import Row, median_seconds
from dev.dag_bag import prepare_airflow

_CALLS = 500
_BODY = json.dumps({"data": [{"spend": "14.35", "campaign_id": str(number)} for number in range(25)]}).encode()
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nfacebook-api-version: v26.0\r\nContent-Length: %d\r\n\r\n"
)


def measure() -> list[Row]:
    """Return the ratio of the medians of runs of 500 calls, taken in turn over kept connections."""
    with tempfile.TemporaryDirectory(prefix="attribution-bench-") as home:
        prepare_airflow(Path(home))
        context = multiprocessing.get_context("fork")
        receiver, sender = context.Pipe(duplex=False)
        server = context.Process(target=_serve, args=(sender,), daemon=True)
        server.start()
        try:
            return [_compare(int(receiver.recv()))]
        finally:
            server.kill()
            server.join()


def _compare(port: int) -> Row:
    import requests

    fields = {"conn_type": "meta_ads", "host": "127.0.0.1", "schema": "http", "port": port, "password": "bench"}
    os.environ["AIRFLOW_CONN_BENCH"] = json.dumps(fields)
    os.environ["ALLOWED_PLATFORM_HOSTS"] = f"127.0.0.1:{port}"
    from attribution_airflow.hooks.meta_ads import MetaAdsHook
    from include.platforms.request import PlatformRequest

    hook, session = MetaAdsHook("bench", None), requests.Session()
    request = PlatformRequest("GET", "/v26.0/act_1/insights", params={"limit": "500"})
    url, headers = f"http://127.0.0.1:{port}/v26.0/act_1/insights", {"Authorization": "Bearer bench"}

    def _ours() -> None:
        for _ in range(_CALLS):
            json.loads(hook.call(request).body)

    def _bare() -> None:
        for _ in range(_CALLS):
            session.get(url, params={"limit": "500"}, headers=headers, timeout=(5, 30)).json()

    ours, bare = median_seconds(_ours, 7), median_seconds(_bare, 7)
    return Row(
        "platform hook, one call | bare requests.Session",
        f"{ours / _CALLS * 1e6:.0f} us",
        f"{bare / _CALLS * 1e6:.0f} us",
        ours / bare,
        1.5,
    )


def _serve(port: Any) -> None:
    """Answer every request of kept connections with the same bytes, as cheaply as Python can."""
    listening = socket.create_server(("127.0.0.1", 0))
    port.send(listening.getsockname()[1])
    answer = _HEAD % len(_BODY) + _BODY
    while True:
        connection, _ = listening.accept()
        if os.fork() == 0:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while connection.recv(65_536):
                connection.sendall(answer)
            os._exit(0)
        connection.close()
