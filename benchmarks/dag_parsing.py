"""How long the DAG folder takes to parse, against importing airflow.sdk alone, in fresh processes."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Row

_CHECKOUT = Path(__file__).resolve().parent.parent
_FOLDER_SECONDS = 5.0
_FILE_SECONDS = 0.5
_IMPORT_FILE = """
import sys, time, importlib.util
sys.path.insert(0, sys.argv[2])
import airflow.sdk
begun = time.perf_counter()
spec = importlib.util.spec_from_file_location("dag_file", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(time.perf_counter() - begun)
"""
_PARSE_FOLDER = """
import json, sys, time
sys.path.insert(0, sys.argv[2])
from airflow.dag_processing.dagbag import DagBag
begun = time.perf_counter()
bag = DagBag(sys.argv[1], safe_mode=False)
print(json.dumps([time.perf_counter() - begun, len(bag.dags), len(bag.import_errors)]))
"""


def measure() -> list[Row]:
    """Return one row for the folder and one for the slowest file."""
    with tempfile.TemporaryDirectory() as home:
        folder_seconds, dags, errors = json.loads(_run(_PARSE_FOLDER, _CHECKOUT / "dags", home))
        if errors or not dags:
            raise RuntimeError(f"{errors} DAG files do not import")
        files = {path.name: float(_run(_IMPORT_FILE, path, home)) for path in sorted((_CHECKOUT / "dags").glob("*.py"))}
    slowest = max(files, key=lambda name: files[name])
    return [
        Row(
            f"parse {dags} DAGs in one process",
            f"{folder_seconds:.2f} s",
            f"{_FOLDER_SECONDS:.0f} s",
            folder_seconds / _FOLDER_SECONDS,
            1.0,
        ),
        Row(
            f"slowest DAG file beyond airflow.sdk ({slowest})",
            f"{files[slowest]:.3f} s",
            f"{_FILE_SECONDS} s",
            files[slowest] / _FILE_SECONDS,
            1.0,
        ),
    ]


def _run(code: str, path: Path, home: str) -> str:
    environment = {
        **os.environ,
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(_CHECKOUT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "PYTHONPATH": str(_CHECKOUT),
    }
    command = [sys.executable, "-c", code, str(path), str(_CHECKOUT / "plugins")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]
