"""The MWAA bundle: whole, the same bytes from the same sources, and installable beside MWAA's own packages."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deploy.mwaa_bundle import CONSTRAINTS_ON_MWAA, BundleError, build
from tests.deploy.conftest import ROOT

STARTUP = ROOT / "deploy" / "mwaa" / "startup.sh"

# What MWAA 3.3.1 refuses to change: images/airflow/3.3.1/etc/mwaa_essential_constraints.txt of its image repository.
ESSENTIAL = {
    "apache-airflow==3.3.1",
    "flask-appbuilder==5.2.2",
    "flask==3.1.3",
    "gunicorn==26.0.0",
    "celery==5.6.3",
    "kombu==5.6.2",
    "greenlet==3.5.4",
    "sqlalchemy==2.0.51",
    "sqlalchemy-utils==0.42.1",
    "statsd==4.0.1",
    "watchtower==3.4.0",
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("mwaa") / "bundle"
    build(ROOT, target)
    return target


def _sources(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _checkout(folder: Path) -> Path:
    for part in ("dags", "plugins", "include", "deploy"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.txt", folder)
    return folder


def test_plugins_zip_holds_plugins_and_include_whole_with_dot_files(bundle: Path) -> None:
    with zipfile.ZipFile(bundle / "plugins.zip") as archive:
        names = set(archive.namelist())
    expected = _sources(ROOT / "plugins") | {f"include/{name}" for name in _sources(ROOT / "include")}
    assert names == expected | {"constraints.txt"}
    assert ".airflowignore" in names
    assert any(name.endswith(".sql") for name in names)


def test_the_dags_folder_holds_every_dag_file(bundle: Path) -> None:
    assert _sources(bundle / "dags") == _sources(ROOT / "dags")


def test_the_same_sources_give_the_same_bytes_whenever_and_wherever_they_were_written(
    bundle: Path, tmp_path: Path
) -> None:
    copy = _checkout(tmp_path / "copy")
    for path in copy.rglob("*"):
        os.utime(path, (0, 0))
        path.chmod(0o700)
    cache = copy / "include" / "__pycache__"
    cache.mkdir()
    (cache / "errors.cpython-311.pyc").write_bytes(b"compiled")
    build(copy, tmp_path / "bundle")
    for name in ("plugins.zip", "requirements.txt", "startup.sh"):
        assert (tmp_path / "bundle" / name).read_bytes() == (bundle / name).read_bytes(), name


def test_the_requirements_name_the_constraints_that_plugins_zip_brings(bundle: Path) -> None:
    first, _, rest = (bundle / "requirements.txt").read_text(encoding="utf-8").partition("\n")
    assert first == f'--constraint "{CONSTRAINTS_ON_MWAA}"'
    assert rest.strip() == (ROOT / "requirements.txt").read_text(encoding="utf-8").strip()
    with zipfile.ZipFile(bundle / "plugins.zip") as archive:
        assert archive.read("constraints.txt") == (ROOT / "deploy" / "mwaa" / "constraints.txt").read_bytes()


def test_the_constraints_agree_with_what_mwaa_refuses_to_change() -> None:
    lines = (ROOT / "deploy" / "mwaa" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert set(pins) >= ESSENTIAL
    names = [Requirement(pin).name for pin in pins]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("line", ["polars>=1", "pandas>=99"])
def test_a_requirement_that_the_constraints_do_not_meet_stops_the_build_by_name(tmp_path: Path, line: str) -> None:
    copy = _checkout(tmp_path / "copy")
    with (copy / "requirements.txt").open("a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")
    with pytest.raises(BundleError, match=line.partition(">")[0]):
        build(copy, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_a_folder_with_something_else_in_it_is_never_emptied(tmp_path: Path) -> None:
    kept = tmp_path / "thesis.tex"
    kept.write_text("years of work", encoding="utf-8")
    with pytest.raises(BundleError, match="something else"):
        build(ROOT, tmp_path)
    assert kept.exists()


def _start(folder: Path, secret: str, **options: str) -> tuple[dict[str, str], str]:
    # boto3 stands outside this project; the stand-in knows one secret and prints nothing.
    (folder / "boto3.py").write_text(
        "class _Client:\n"
        "    def get_secret_value(self, SecretId):\n"
        "        assert SecretId == 'attribution/database'\n"
        f"        return {{'SecretString': {secret!r}}}\n"
        "def client(name):\n"
        "    assert name == 'secretsmanager'\n"
        "    return _Client()\n",
        encoding="utf-8",
    )
    python = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-c", f"source {STARTUP}; env -0"],  # noqa: S607 - bash has no one place
        env={"PATH": f"{python}:{os.environ['PATH']}", "PYTHONPATH": str(folder), **options},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    variables = dict(entry.split("=", 1) for entry in done.stdout.split("\0") if "=" in entry)
    return variables, done.stderr


def test_startup_exports_the_database_urls_of_the_secret_and_prints_none(tmp_path: Path) -> None:
    secret = (
        '{"ANALYTICS_DB_URL": "postgresql://jobs:wo\'r $d@h/a", "ANALYTICS_CONTROL_URL": "postgresql://c:x@h/a",'
        ' "ATTRIBUTION_FERNET_KEY": "key", "PYTHONPATH": "elsewhere"}'
    )
    variables, errors = _start(
        tmp_path,
        secret,
        AIRFLOW__ATTRIBUTION__DATABASE_SECRET="attribution/database",
        AIRFLOW__ATTRIBUTION__ALLOWED_PLATFORM_HOSTS="stand-in:8443",
        AIRFLOW__ATTRIBUTION__ALERTS_EMAIL="ops@shop.test",
        AIRFLOW__ATTRIBUTION__ALERTS_SLACK_CONN="slack_alerts",
        AIRFLOW__ATTRIBUTION__REPORTS="s3://reports",
    )
    assert variables["ANALYTICS_DB_URL"] == "postgresql://jobs:wo'r $d@h/a"
    assert variables["AIRFLOW_CONN_ANALYTICS_DB"] == variables["ANALYTICS_DB_URL"]
    assert variables["ANALYTICS_CONTROL_URL"] == "postgresql://c:x@h/a"
    assert variables["ATTRIBUTION_FERNET_KEY"] == "key"
    assert variables["ALLOWED_PLATFORM_HOSTS"] == "stand-in:8443"
    assert variables["ATTRIBUTION_ALERTS_EMAIL"] == "ops@shop.test"
    assert variables["ATTRIBUTION_ALERTS_SLACK_CONN"] == "slack_alerts"
    assert variables["ATTRIBUTION_REPORTS"] == "s3://reports"
    assert variables["PYTHONPATH"] == str(tmp_path)
    assert errors == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "attribution.database_secret is not set"),
        ({"AIRFLOW__ATTRIBUTION__DATABASE_SECRET": "attribution/database"}, "has no ANALYTICS_CONTROL_URL"),
    ],
)
def test_startup_without_its_secret_says_so_in_one_line_and_lets_airflow_start(
    tmp_path: Path, options: dict[str, str], said: str
) -> None:
    variables, errors = _start(tmp_path, '{"ANALYTICS_DB_URL": "postgresql://jobs:word@h/a"}', **options)
    assert said in errors
    assert errors.count("\n") == 1
    assert "word" not in errors
    assert "ANALYTICS_DB_URL" not in variables
