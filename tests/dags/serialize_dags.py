"""Print every DAG as Airflow stores it; run by test_stability.py in processes with different hash seeds."""

import json
import tempfile
from pathlib import Path

from dev.dag_bag import load_dags, prepare_airflow


def main() -> None:
    """Print one JSON object: dag_id -> serialized DAG."""
    with tempfile.TemporaryDirectory() as home:
        prepare_airflow(Path(home))
        from airflow.serialization.serialized_objects import DagSerialization

        dags = load_dags().dags
        print(json.dumps({dag_id: DagSerialization.serialize_dag(dag) for dag_id, dag in dags.items()}))


if __name__ == "__main__":
    main()
