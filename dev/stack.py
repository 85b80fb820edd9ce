"""`make up` and `make down`: a real Airflow of this checkout, and nothing but what was started.

Up starts PostgreSQL, migrates both databases, applies tenants and airflow_settings.yaml, starts api-server, scheduler,
dag-processor and triggerer, and waits until every DAG is known. Running processes are left alone unless their
environment changed. Down stops what the state folder says was started from here.
"""

import argparse
import hashlib
import json
import os
import shlex
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import psutil
from rich.console import Console

from dev import environment, postgres, vendors
from dev.airflow_api import AirflowApi
from dev.processes import still_running
from dev.state import CHECKOUT, RUN_ENV, state_folder, write_private

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
DEMO_START = datetime.fromisoformat("2026-03-31T12:00:00+00:00")
_READY_SECONDS = 120

console = Console(highlight=False)


def up(*, clock: str | None = None) -> dict[str, str]:
    """Bring the stack up and return its variables.

    clock: the fixed business time (ISO, UTC) of the demo; None keeps ATTRIBUTION_NOW of the environment, or that of the
    demo when one was loaded here, or the real time. A demo has the vendors' stand-in beside it.
    """
    with console.status("PostgreSQL and migrations"):
        variables = environment.prepare()
    given = None if clock else os.environ.get("ATTRIBUTION_NOW")
    demo = None if given else clock or _demo_clock()
    variables |= _clock(given or demo)
    if demo:
        with console.status("the vendors' stand-in"):
            variables |= vendors.start(demo)
    if os.environ.get("ALLOWED_PLATFORM_HOSTS"):
        variables["ALLOWED_PLATFORM_HOSTS"] = os.environ["ALLOWED_PLATFORM_HOSTS"]
    variables |= {name: value for name, value in os.environ.items() if name.startswith("ATTRIBUTION_TENANT_")}
    _once("metadata", _installed_airflow(), ["airflow", "db", "migrate"], variables, "Airflow's metadata database")
    kernels = "".join(
        path.read_text(encoding="utf-8") for path in sorted((CHECKOUT / "include/attribution").glob("*.py"))
    )
    _once("kernels", kernels, [sys.executable, "-m", "include.attribution.warm_up"], variables, "compiled kernels")
    with console.status("tenants"):
        _run([sys.executable, "-m", "include.tenants.plan", "--apply"], variables, "tenants")
    settings = (CHECKOUT / "airflow_settings.yaml").read_text(encoding="utf-8")
    apply_settings = [sys.executable, "deploy/airflow_settings.py", "apply"]
    _once("settings", settings + variables["AIRFLOW_CONN_ANALYTICS_DB"], apply_settings, variables, "pools")
    _start_components(variables)
    _write_run_env(variables)
    _wait_until_ready(variables)
    return variables


def down() -> None:
    """Stop exactly the processes and the PostgreSQL server that were started from this checkout."""
    _stop_components()
    vendors.stop()
    stopped = postgres.stop(state_folder() / "postgres")
    RUN_ENV.unlink(missing_ok=True)
    console.print("stopped Airflow" + (" and PostgreSQL" if stopped else ""))


def demo_day() -> int:
    """Return how many days the demo's clock was moved on in this checkout's state; -1 when no demo was loaded."""
    marker = state_folder() / "demo.day"
    return int(marker.read_text(encoding="utf-8")) if marker.exists() else -1


def demo_clock(day: int) -> str:
    """Return the demo's business time on a day, ISO in UTC."""
    return (DEMO_START + timedelta(days=day)).isoformat().replace("+00:00", "Z")


def _demo_clock() -> str | None:
    day = demo_day()
    return demo_clock(day) if day >= 0 else None


def _clock(instant: str | None) -> dict[str, str]:
    # A fixed clock is refused unless vendors are out of reach: only loopback is allowed.
    return {"ATTRIBUTION_NOW": instant, "ALLOWED_PLATFORM_HOSTS": "127.0.0.1"} if instant else {}


def _installed_airflow() -> str:
    from importlib.metadata import version

    return version("apache-airflow-core")


def _once(name: str, content: str, command: list[str], variables: dict[str, str], label: str) -> None:
    """Run a slow command when its input changed since it last succeeded on this state."""
    marker = state_folder() / f"{name}.done"
    digest = hashlib.sha256((content + variables["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]).encode()).hexdigest()
    if marker.exists() and marker.read_text(encoding="utf-8") == digest:
        return
    with console.status(label):
        _run(command, variables, name)
    marker.write_text(digest, encoding="utf-8")


def _run(command: list[str], variables: dict[str, str], name: str) -> None:
    log = state_folder() / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(
            command, cwd=CHECKOUT, env={**os.environ, **variables}, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode != 0:
        console.print(log.read_text(encoding="utf-8")[-3000:], markup=False)
        raise SystemExit(f"{' '.join(command[-3:])} failed; the whole output is in {log}")


def _processes_file() -> Path:
    return state_folder() / "processes.json"


def _running() -> dict[str, psutil.Process]:
    """Return the components that run, by name."""
    file = _processes_file()
    recorded = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"components": {}}
    found = {name: still_running(*process) for name, process in recorded["components"].items()}
    return {name: process for name, process in found.items() if process is not None}


def _start_components(variables: dict[str, str]) -> None:
    digest = hashlib.sha256(json.dumps(variables, sort_keys=True).encode()).hexdigest()
    file = _processes_file()
    recorded = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    running = _running()
    if recorded.get("digest") == digest and set(running) == set(COMPONENTS):
        return
    if running:
        console.print("environment changed: restarting Airflow")
        _stop_components()
    logs = state_folder() / "logs"
    started = {}
    for name in COMPONENTS:
        with (logs / f"{name}.log").open("a", encoding="utf-8") as output:
            process = subprocess.Popen(
                [str(Path(sys.executable).parent / "airflow"), name],
                cwd=state_folder(),
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started[name] = (process.pid, psutil.Process(process.pid).create_time())
    write_private(file, json.dumps({"digest": digest, "components": started}))


def _stop_components() -> None:
    processes = [child for process in _running().values() for child in [*process.children(recursive=True), process]]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=10)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=10)
    _processes_file().unlink(missing_ok=True)


def _write_run_env(variables: dict[str, str]) -> None:
    shown = {name: value for name, value in variables.items() if name != "PATH"}
    write_private(RUN_ENV, "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(shown.items())))


def _wait_until_ready(variables: dict[str, str]) -> None:
    expected = {path.stem for path in (CHECKOUT / "dags").glob("*.py") if not path.stem.startswith("_")}
    api = AirflowApi(variables["AIRFLOW_API_URL"], variables["AIRFLOW_USER"], variables["AIRFLOW_PASSWORD"])
    deadline = time.monotonic() + _READY_SECONDS
    with console.status("Airflow") as status:
        while time.monotonic() < deadline:
            unhealthy = api.unhealthy_components()
            missing = expected - api.known_dags() if not unhealthy else expected
            if not unhealthy and not missing:
                return
            status.update(f"Airflow: waiting for {', '.join(unhealthy) or f'{len(missing)} DAGs'}")
            _raise_if_dead()
            time.sleep(0.5)
    raise SystemExit(f"Airflow was not ready within {_READY_SECONDS} s; see {state_folder() / 'logs'}")


def _raise_if_dead() -> None:
    dead = set(COMPONENTS) - set(_running())
    if dead:
        raise SystemExit(f"{', '.join(sorted(dead))} ended; see {state_folder() / 'logs'}")


def main() -> None:
    """Run `up` or `down` from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m dev.stack")
    parser.add_argument("command", choices=("up", "down"))
    if parser.parse_args().command == "down":
        down()
        return
    variables = up()
    console.print(f"Airflow   {variables['AIRFLOW_API_URL']}   user admin   password {variables['AIRFLOW_PASSWORD']}")
    console.print(f"Settings  {RUN_ENV}   stop with: make down")


if __name__ == "__main__":
    main()
