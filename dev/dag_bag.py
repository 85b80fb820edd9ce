"""The DAGs of this checkout, loaded as the dag-processor does, without a running Airflow."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dev.state import CHECKOUT

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

DAGS = CHECKOUT / "dags"
PLUGINS = CHECKOUT / "plugins"


def prepare_airflow(home: Path) -> None:
    """Point Airflow at this checkout and an empty home; call it before anything imports airflow."""
    os.environ.update(
        {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        }
    )
    os.environ.pop("ATTRIBUTION_RETRY_DELAY_SECONDS", None)
    if str(PLUGINS) not in sys.path:
        sys.path.insert(0, str(PLUGINS))


def load_dags() -> "DagBag":
    """Parse dags/ and return the bag; its warnings name tasks whose pool the code does not know."""
    from airflow.dag_processing.dagbag import BundleDagBag

    from attribution_airflow.pools import POOLS

    return BundleDagBag(
        dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="dags-folder", known_pools={*POOLS, "default_pool"}
    )
