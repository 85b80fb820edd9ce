"""What the platform hook costs per call, against a bare requests.Session that asks the same canned local server.

Ours authenticates, connects through the address check, reads within its caps, classifies and decides; the bare session
reads the body. Both parse its JSON, which anybody has to. Shared state is left out: a call's gate and permit are two
statements of a database and are measured as such by whoever runs one. The measurement has a process of its own, because
Airflow, once imported, stays.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from benchmarks.report import Row, median_seconds
from dev.dag_bag import prepare_airflow
from dev.state import CHECKOUT

_CALLS = 500
_REPETITIONS = 7
_BODY = json.dumps({"data": [{"spend": "14.35", "campaign_id": str(number)} for number in range(25)]}).encode()
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nfacebook-api-version: v26.0\r\nContent-Length: %d\r\n\r\n"
)


def measure() -> list[Row]:
    """Return the ratio of the medians of runs of 500 calls over kept connections."""
    server = _module("serve")
    try:
        port = str(server.stdout.readline().strip()) if server.stdout else ""
        child = _module("compare", port)
        ours, bare = json.loads(child.communicate(timeout=120)[0].splitlines()[-1])
    finally:
        server.kill()
        server.wait()
    subject = "platform hook, one call | bare requests.Session"
    return [Row(subject, f"{ours / _CALLS * 1e6:.0f} us", f"{bare / _CALLS * 1e6:.0f} us", ours / bare, 1.5)]


def _module(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.http_hook", *arguments]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)


def _compare(port: int) -> tuple[float, float]:
    """Return the seconds of a run of ours and of a bare session's."""
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

    return median_seconds(_ours, _REPETITIONS), median_seconds(_bare, _REPETITIONS)


def _serve() -> None:
    """Print a port and answer every request of kept connections with the same bytes, as cheaply as Python can."""
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    answer = _HEAD % len(_BODY) + _BODY
    while connection.recv(65_536):
        connection.sendall(answer)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        _serve()
    else:
        with tempfile.TemporaryDirectory(prefix="attribution-bench-") as home:
            prepare_airflow(Path(home))
            print(json.dumps(_compare(int(sys.argv[2]))))
