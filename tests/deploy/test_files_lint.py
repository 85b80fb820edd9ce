"""The Dockerfile, the YAML and the shell scripts of the deployment, by the tools made for them."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.deploy.conftest import IMAGE_HOME, ROOT

YAML_FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.yaml", "tenants/*.yaml", "include/**/*.yaml")
    for path in ROOT.glob(pattern)
)
SCRIPTS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "deploy").rglob("*.sh"))


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = _run(str(hadolint), "--failure-threshold", "style", "Dockerfile")
    assert done.returncode == 0, done.stdout + done.stderr


def test_yamllint_finds_nothing() -> None:
    done = _run(sys.executable, "-m", "yamllint", "--strict", ".yamllint.yaml", *YAML_FILES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("script", SCRIPTS)
def test_bash_can_read_the_script(script: str) -> None:
    done = _run("bash", "-n", script)
    assert done.returncode == 0, done.stderr


def test_the_image_is_one_build_of_the_runtime_with_a_python_of_the_tested_range() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert bases == ["astrocrpublic.azurecr.io/runtime:3.3-7-python-3.12"]
    assert f"ENV PYTHONPATH={IMAGE_HOME}" in lines


def test_the_settings_file_has_the_shape_that_the_astro_cli_reads() -> None:
    document = yaml.safe_load((ROOT / "airflow_settings.yaml").read_text(encoding="utf-8"))
    assert document.keys() == {"airflow"}
    assert document["airflow"].keys() == {"connections", "pools", "variables"}
    for pool in document["airflow"]["pools"]:
        assert pool.keys() == {"pool_name", "pool_slot", "pool_description"}
        # The Astro CLI puts the description between single quotes of a shell command.
        assert "'" not in pool["pool_description"]
