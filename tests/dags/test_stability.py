"""A DAG that is parsed again is the same version: Airflow stores a new one only when somebody changed it."""

import json
import os
import subprocess
import sys

import pytest

from dev.dag_bag import DAGS
from dev.state import CHECKOUT


@pytest.mark.parametrize("path", sorted(DAGS.glob("*.py")), ids=lambda path: path.stem)
def test_no_dag_file_passes_values_that_vary_from_parse_to_parse(path: object) -> None:
    from airflow.utils.dag_version_inflation_checker import check_dag_file_stability

    assert check_dag_file_stability(str(path)).warnings == {}


def test_every_dag_serializes_the_same_under_another_hash_seed() -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.dags.serialize_dags"],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    first, second = [json.loads(process.communicate()[0].splitlines()[-1]) for process in processes]
    assert first
    assert first == second


def test_parsing_the_dags_loads_no_database_driver_and_no_numeric_library() -> None:
    code = (
        "import sys, tempfile, pathlib\n"
        "from dev.dag_bag import load_dags, prepare_airflow\n"
        "prepare_airflow(pathlib.Path(tempfile.mkdtemp()))\n"
        "import airflow.sdk\n"
        "before = set(sys.modules)\n"
        "load_dags()\n"
        "heavy = {'psycopg', 'adbc_driver_postgresql', 'pgpq', 'pyarrow', 'pandas', 'numpy', 'numba', 'sklearn'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"
