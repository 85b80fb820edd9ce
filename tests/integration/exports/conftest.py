"""Airflow without a scheduler and the plugins folder on sys.path."""

import tempfile
from pathlib import Path

from dev.dag_bag import prepare_airflow

# Before any test module here imports airflow.
_HOME = tempfile.TemporaryDirectory(prefix="attribution-exports-")
prepare_airflow(Path(_HOME.name))
