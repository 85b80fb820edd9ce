"""Load the plugins and every DAG file as Airflow's dag-processor does, in a process of its own; print what was seen.

Run as `python -P layout_probe.py POOL...` with AIRFLOW_HOME set; -P keeps this folder off sys.path. Prints one JSON
object; judging it is left to test_layouts.py.
"""

import importlib
import json
import sys
from pathlib import Path

from airflow import plugins_manager, settings
from airflow.configuration import conf
from airflow.dag_processing.dagbag import BundleDagBag


def _misnamed(plugins: Path) -> list[str]:
    # A module of the plugins folder under any other name than its path was executed by the plugin loader.
    found = []
    for name, module in list(sys.modules.items()):
        file = Path(getattr(module, "__file__", None) or "/")
        if file.is_relative_to(plugins):
            dotted = ".".join(file.relative_to(plugins).with_suffix("").parts).removesuffix(".__init__")
            if name != dotted:
                found.append(f"{file.relative_to(plugins)} as {name}")
    return found


def _shadowed(home: Path) -> list[str]:
    modules = {
        name: getattr(sys.modules[name], "__file__", None) for name in sys.stdlib_module_names & set(sys.modules)
    }
    return sorted(name for name, file in modules.items() if file and Path(file).is_relative_to(home))


def main() -> None:
    """Print what loading this AIRFLOW_HOME shows."""
    home = Path(settings.AIRFLOW_HOME)
    dags = home / "dags"
    plugins_manager.ensure_plugins_loaded()
    loaded, _ = plugins_manager._get_plugins()
    bag = BundleDagBag(
        dag_folder=str(dags), bundle_path=dags, bundle_name="dags-folder", known_pools={*sys.argv[1:], "default_pool"}
    )
    report = {
        "plugins": sorted(plugin.name for plugin in loaded if "$PLUGINS_FOLDER" in str(plugin.source)),
        "plugin_errors": plugins_manager.get_import_errors(),
        "misnamed": _misnamed(home / "plugins"),
        "shadowed": _shadowed(home),
        "dag_ids": sorted(bag.dags),
        "dag_errors": bag.import_errors,
        "dag_warnings": sorted(f"{warning.dag_id}: {warning.message}" for warning in bag.dag_warnings),
        "pools": sorted(importlib.import_module("attribution_airflow.pools").POOLS),
        "options": sorted(
            f"AIRFLOW__{section}__{option}".upper()
            for section, description in conf.configuration_description.items()
            for option in description["options"]
        ),
        "include": getattr(sys.modules.get("include"), "__file__", None),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
