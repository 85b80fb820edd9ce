"""The plugins folder on sys.path, as every Airflow process has it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "plugins"))
