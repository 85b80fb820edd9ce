"""The three layouts, each an empty AIRFLOW_HOME filled as its platform fills it and loaded once per session."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.airflow_settings import SETTINGS_FILE, read_settings
from deploy.mwaa_bundle import build

ROOT = Path(__file__).resolve().parents[2]
IMAGE_HOME = "/usr/local/airflow"

_IGNORED = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True)
class Layout:
    """A platform's AIRFLOW_HOME and what loading it showed (layout_probe.py)."""

    home: Path
    report: Mapping[str, Any]


@pytest.fixture(scope="session")
def compose() -> Mapping[str, Any]:
    """docker-compose.yaml with its merges resolved, not interpolated."""
    document: Mapping[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="session")
def layouts(tmp_path_factory: pytest.TempPathFactory, compose: Mapping[str, Any]) -> dict[str, Layout]:
    """astro, compose and mwaa, probed at the same time: each takes seconds of importing."""
    folder = tmp_path_factory.mktemp("layouts")
    pythonpaths = {
        "astro": _astro(folder / "astro"),
        "compose": _compose(folder / "compose", compose["services"]["airflow-worker"]),
        "mwaa": _mwaa(folder / "mwaa"),
    }
    probes = {name: _probe(folder / name, pythonpath) for name, pythonpath in pythonpaths.items()}
    layouts = {}
    for name, probe in probes.items():
        output, errors = probe.communicate(timeout=120)
        assert probe.returncode == 0, f"{name}: {errors}"
        layouts[name] = Layout(folder / name, json.loads(output.splitlines()[-1]))
    return layouts


def _astro(home: Path) -> str | None:
    for part in ("dags", "plugins", "include"):
        shutil.copytree(ROOT / part, home / part, ignore=_IGNORED)
    return str(home)


def _compose(home: Path, worker: Mapping[str, Any]) -> str | None:
    # What the worker's bind mounts put there, and the PYTHONPATH it is given, moved from the image's home to this one.
    for volume in worker["volumes"]:
        source, target = volume.split(":")[:2]
        if source.startswith("./"):
            shutil.copytree(ROOT / source, home / Path(target).relative_to(IMAGE_HOME), ignore=_IGNORED)
    pythonpath: str = worker["environment"]["PYTHONPATH"]
    return pythonpath.replace(IMAGE_HOME, str(home))


def _mwaa(home: Path) -> str | None:
    bundle = home.with_name("mwaa-bundle")
    build(ROOT, bundle)
    home.mkdir()
    shutil.copytree(bundle / "dags", home / "dags")
    with zipfile.ZipFile(bundle / "plugins.zip") as archive:
        archive.extractall(home / "plugins")
    return None


def _probe(home: Path, pythonpath: str | None) -> subprocess.Popen[str]:
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if pythonpath:
        environment["PYTHONPATH"] = pythonpath
    pools = read_settings(SETTINGS_FILE, {}).pools
    return subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).with_name("layout_probe.py")), *pools],
        env=environment,
        cwd=home.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
