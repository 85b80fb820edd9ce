"""Committed documents equal what the DAGs say; `make dags-doc` writes them anew."""

from typing import TYPE_CHECKING

from dev.dags_doc import CATALOGUE, GRAPHS, catalogue, graphs

if TYPE_CHECKING:
    from airflow.sdk import DAG


def test_the_graphs_are_the_ones_that_were_reviewed(dags: "list[DAG]") -> None:
    assert GRAPHS.read_text(encoding="utf-8") == graphs(dags), "run make dags-doc and review the difference"


def test_the_catalogue_of_jobs_is_current(dags: "list[DAG]") -> None:
    assert CATALOGUE.read_text(encoding="utf-8") == catalogue(dags), "run make dags-doc"
