"""An empty Airflow home that points at this checkout, set before any test module here imports airflow."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dev.dag_bag import load_dags, prepare_airflow

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk import DAG

_HOME = tempfile.TemporaryDirectory(prefix="attribution-dags-")
prepare_airflow(Path(_HOME.name))


@pytest.fixture(scope="session")
def bag() -> "DagBag":
    return load_dags()


@pytest.fixture(scope="session")
def dags(bag: "DagBag") -> "list[DAG]":
    return sorted(bag.dags.values(), key=lambda dag: dag.dag_id)
