"""Feed airflow_settings.yaml, the one source of local connections, pools and variables, to an Airflow.

    python deploy/airflow_settings.py pools|connections|variables    print the JSON that `airflow ... import` reads
    python deploy/airflow_settings.py apply                          import all three into the Airflow of AIRFLOW_HOME

`${NAME}` in a connection or variable is the environment's NAME; an entry that needs an unset or empty NAME is left out
and named on standard error. What exists is updated, what the file does not name is left alone. The file's shape is the
Astro CLI's (docs: Astro, "Configure airflow_settings.yaml"). Needs PyYAML, and Airflow for apply; imports nothing of
this project, so that it also runs where only the settings file is mounted.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SETTINGS_FILE = Path(__file__).resolve().parent.parent / "airflow_settings.yaml"

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CONNECTION_FIELDS = {
    "conn_type": "conn_type",
    "conn_host": "host",
    "conn_schema": "schema",
    "conn_login": "login",
    "conn_password": "password",
    "conn_port": "port",
    "conn_extra": "extra",
}


class SettingsError(ValueError):
    """The settings file cannot be read as what it should be; the message names the entry and the remedy."""


@dataclass(frozen=True)
class AirflowSettings:
    """What to import, as `airflow pools|connections|variables import` read it, and why entries were left out."""

    pools: dict[str, dict[str, Any]]
    connections: dict[str, Any]
    variables: dict[str, Any]
    left_out: tuple[str, ...]


def read_settings(path: Path, environment: Mapping[str, str]) -> AirflowSettings:
    """Read the settings file, with `${NAME}` taken from environment.

    Pools keep `include_deferred` false: a deferred task holds no slot. A connection with a `conn_uri` is that URI,
    without one it is the object of its fields. Raises SettingsError for a file or an entry of another shape.
    """
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        settings = document["airflow"]
        pools = dict(_pool(entry) for entry in settings.get("pools") or [])
        entries = [_connection(entry) for entry in settings.get("connections") or []]
        values = [(entry["variable_name"], entry["variable_value"]) for entry in settings.get("variables") or []]
    except (KeyError, TypeError, AttributeError) as error:
        raise SettingsError(
            f"{path.name}: {error!r}; expected airflow: {{connections, pools, variables}} with conn_id, pool_name and "
            "pool_slot, variable_name and variable_value"
        ) from error
    connections, without_connections = _resolved("connection", entries, environment)
    variables, without_variables = _resolved("variable", values, environment)
    return AirflowSettings(pools, connections, variables, (*without_connections, *without_variables))


def apply(settings: AirflowSettings) -> int:
    """Import what there is through the `airflow` command line, all kinds at once; return 0, or 1 if one failed."""
    with tempfile.TemporaryDirectory() as folder:
        running = [
            subprocess.Popen([sys.executable, "-m", "airflow", kind, "import", str(path), *options])
            for kind, path, options in _import_files(settings, Path(folder))
        ]
        # Every one is waited for before any is judged: none may outlive the folder it reads.
        codes = [process.wait() for process in running]
    return 1 if any(codes) else 0


def main() -> int:
    """Run the command line described above."""
    parser = argparse.ArgumentParser(description="Feed airflow_settings.yaml to an Airflow.")
    parser.add_argument("what", choices=["pools", "connections", "variables", "apply"])
    parser.add_argument("--settings", type=Path, default=SETTINGS_FILE, help="default: %(default)s")
    arguments = parser.parse_args()
    try:
        settings = read_settings(arguments.settings, os.environ)
    except (SettingsError, OSError, yaml.YAMLError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for reason in settings.left_out:
        print(f"left out: {reason}", file=sys.stderr)
    if arguments.what == "apply":
        return apply(settings)
    print(json.dumps(getattr(settings, arguments.what), indent=2))
    return 0


def _pool(entry: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    name, slots = entry["pool_name"], entry["pool_slot"]
    if not isinstance(slots, int) or slots < 1:
        raise SettingsError(f"pool {name}: pool_slot is {slots!r}; write the number of slots, at least 1")
    return name, {"slots": slots, "description": entry.get("pool_description", ""), "include_deferred": False}


def _connection(entry: dict[str, Any]) -> tuple[str, Any]:
    if entry.get("conn_uri"):
        return entry["conn_id"], entry["conn_uri"]
    return entry["conn_id"], {theirs: entry[ours] for ours, theirs in _CONNECTION_FIELDS.items() if entry.get(ours)}


def _resolved(
    kind: str, entries: list[tuple[str, Any]], environment: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    resolved, left_out = {}, []
    for name, value in entries:
        missing = sorted({reference for reference in _references(value) if not environment.get(reference)})
        if missing:
            left_out.append(f"{kind} {name}: {', '.join(missing)} not set")
        else:
            resolved[name] = _expanded(value, environment)
    return resolved, left_out


def _references(value: Any) -> list[str]:
    if isinstance(value, str):
        return _REFERENCE.findall(value)
    if isinstance(value, dict):
        return [reference for part in value.values() for reference in _references(part)]
    return []


def _expanded(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: environment[match.group(1)], value)
    if isinstance(value, dict):
        return {key: _expanded(part, environment) for key, part in value.items()}
    return value


def _import_files(settings: AirflowSettings, folder: Path) -> list[tuple[str, Path, list[str]]]:
    # The folder is readable by its owner only: a connection holds a password.
    files = []
    for kind, content, options in (
        ("pools", settings.pools, []),
        ("connections", settings.connections, ["--overwrite"]),
        ("variables", settings.variables, []),
    ):
        if content:
            path = folder / f"{kind}.json"
            path.write_text(json.dumps(content), encoding="utf-8")
            files.append((kind, path, options))
    return files


if __name__ == "__main__":
    sys.exit(main())
