"""airflow_settings.yaml is the one source: what `airflow ... import` reads of it, and what is left out."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.airflow_settings import SETTINGS_FILE, SettingsError, read_settings
from tests.deploy.conftest import ROOT


def _settings(folder: Path, text: str) -> Path:
    path = folder / "airflow_settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_pool_has_slots_and_says_what_it_guards() -> None:
    for name, pool in read_settings(SETTINGS_FILE, {}).pools.items():
        assert pool["slots"] >= 1, name
        assert pool["description"], name
        assert pool["include_deferred"] is False, name


def test_a_value_of_the_environment_replaces_its_reference() -> None:
    url = "postgresql://jobs:word@host:5432/analytics"
    settings = read_settings(SETTINGS_FILE, {"AIRFLOW_CONN_ANALYTICS_DB": url})
    assert settings.connections == {"analytics_db": url}
    assert settings.left_out == ()


@pytest.mark.parametrize("environment", [{}, {"AIRFLOW_CONN_ANALYTICS_DB": ""}])
def test_a_connection_whose_environment_is_absent_is_left_out_by_name(environment: dict[str, str]) -> None:
    settings = read_settings(SETTINGS_FILE, environment)
    assert settings.connections == {}
    assert settings.left_out == ("connection analytics_db: AIRFLOW_CONN_ANALYTICS_DB not set",)


def test_a_connection_of_fields_becomes_the_object_that_airflow_imports(tmp_path: Path) -> None:
    path = _settings(
        tmp_path,
        "airflow:\n  connections:\n    - {conn_id: shop, conn_type: shopify, conn_host: shop.test, conn_port: 443, "
        "conn_password: '${TOKEN}', conn_extra: {shop_domain: 'a-${NAME}.test'}}\n"
        "  variables:\n    - {variable_name: zone, variable_value: '${NAME}'}\n",
    )
    settings = read_settings(path, {"TOKEN": "word", "NAME": "b"})
    assert settings.connections == {
        "shop": {
            "conn_type": "shopify",
            "host": "shop.test",
            "port": 443,
            "password": "word",
            "extra": {"shop_domain": "a-b.test"},
        }
    }
    assert settings.variables == {"zone": "b"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("airflow:\n  pools:\n    - {pool_name: ga4_api, pool_slot: 0}\n", "ga4_api"),
        ("airflow:\n  pools:\n    - {pool_name: ga4_api}\n", "pool_slot"),
        ("airflow:\n  connections:\n    - {conn_type: postgres}\n", "conn_id"),
        ("pools: []\n", "airflow"),
        ("", "airflow"),
    ],
)
def test_a_settings_file_of_another_shape_is_refused_with_the_entry_named(
    tmp_path: Path, text: str, named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        read_settings(_settings(tmp_path, text), {})


def test_apply_hands_airflow_one_private_file_per_kind_and_fails_when_an_import_fails(tmp_path: Path) -> None:
    # The stand-in for Airflow's command line keeps what it was called with; it refuses the connections.
    log = tmp_path / "calls.jsonl"
    airflow = tmp_path / "airflow"
    airflow.mkdir()
    (airflow / "__init__.py").touch()
    (airflow / "__main__.py").write_text(
        "import json, os, sys\n"
        "path = sys.argv[3]\n"
        "mode = os.stat(os.path.dirname(path)).st_mode\n"
        f"with open({str(log)!r}, 'a') as stream:\n"
        "    print(json.dumps([sys.argv[1:3] + sys.argv[4:], mode, json.load(open(path)), path]), file=stream)\n"
        "sys.exit(sys.argv[1] == 'connections')\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "airflow_settings.py"), "apply"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(tmp_path),
            "AIRFLOW_CONN_ANALYTICS_DB": "postgresql://jobs:word@host/analytics",
        },
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    calls = {call[0][0]: call for call in map(json.loads, log.read_text(encoding="utf-8").splitlines())}
    assert calls.keys() == {"pools", "connections"}
    assert calls["pools"][0] == ["pools", "import"]
    assert calls["connections"][0] == ["connections", "import", "--overwrite"]
    assert calls["connections"][2] == {"analytics_db": "postgresql://jobs:word@host/analytics"}
    for _, mode, _, path in calls.values():
        assert stat.S_IMODE(mode) == 0o700
        assert not Path(path).exists()
    assert done.returncode == 1
    assert "word" not in done.stdout + done.stderr
