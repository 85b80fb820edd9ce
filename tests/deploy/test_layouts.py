"""Astro, compose and MWAA load the same files: every DAG, the one plugin, nothing under a wrong name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy.airflow_settings import SETTINGS_FILE, read_settings
from tests.deploy.conftest import ROOT, Layout

DAG_FILES = sorted(path.stem for path in (ROOT / "dags").glob("*.py"))

platforms = pytest.mark.parametrize("platform", ["astro", "compose", "mwaa"])


@platforms
def test_every_dag_file_loads_and_gives_the_dag_it_is_named_after(layouts: dict[str, Layout], platform: str) -> None:
    report = layouts[platform].report
    assert report["dag_errors"] == {}
    assert report["dag_ids"] == DAG_FILES
    assert DAG_FILES, "dags/ is empty"


@platforms
def test_no_task_names_a_pool_that_the_settings_file_lacks(layouts: dict[str, Layout], platform: str) -> None:
    assert layouts[platform].report["dag_warnings"] == []


@platforms
def test_the_pools_of_the_settings_file_are_the_codes(layouts: dict[str, Layout], platform: str) -> None:
    assert layouts[platform].report["pools"] == sorted(read_settings(SETTINGS_FILE, {}).pools)


@platforms
def test_the_plugin_loads(layouts: dict[str, Layout], platform: str) -> None:
    report = layouts[platform].report
    assert report["plugin_errors"] == {}
    assert len(report["plugins"]) == 1


@platforms
def test_no_module_of_the_plugins_folder_is_executed_under_its_bare_name(
    layouts: dict[str, Layout], platform: str
) -> None:
    assert layouts[platform].report["misnamed"] == []


@platforms
def test_no_module_of_ours_stands_in_for_one_of_the_standard_library(layouts: dict[str, Layout], platform: str) -> None:
    assert layouts[platform].report["shadowed"] == []


@pytest.mark.parametrize(("platform", "folder"), [("astro", "include"), ("compose", "include"), ("mwaa", "plugins")])
def test_include_comes_from_where_the_platform_has_it(layouts: dict[str, Layout], platform: str, folder: str) -> None:
    layout = layouts[platform]
    assert Path(layout.report["include"]).is_relative_to(layout.home / folder)


def test_every_airflow_option_that_compose_sets_is_one_that_airflow_knows(
    layouts: dict[str, Layout], compose: Mapping[str, Any]
) -> None:
    known = set(layouts["compose"].report["options"])
    given = {
        variable
        for service in compose["services"].values()
        for variable in service.get("environment", {})
        # Celery's options are the provider's, which the image brings and the test environment need not.
        if variable.startswith("AIRFLOW__") and not variable.startswith("AIRFLOW__CELERY__")
    }
    assert len(given) > 10
    assert given - known == set()
