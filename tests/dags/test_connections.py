"""Where databases are found: the environment first, then Airflow's connections, as libpq URLs."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from attribution_airflow.connections import control_url, database_url, libpq_url
from include.errors import InvalidInput

VARIABLES = (
    "ANALYTICS_DB_URL",
    "ANALYTICS_CONTROL_URL",
    "AIRFLOW_CONN_ANALYTICS_DB",
    "AIRFLOW_CONN_ANALYTICS_CONTROL",
    "AIRFLOW_CONN_SECOND_DB",
)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def test_the_first_database_is_the_one_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYTICS_DB_URL", "postgresql://jobs:word@here/first")
    monkeypatch.setenv("AIRFLOW_CONN_ANALYTICS_DB", "postgres://jobs:word@there/other")
    assert database_url("analytics_db") == "postgresql://jobs:word@here/first"


def test_without_the_variable_the_connection_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ANALYTICS_DB", "postgres://jobs:word@there:5433/other?sslmode=require")
    assert database_url("analytics_db") == "postgresql://jobs:word@there:5433/other?sslmode=require"


def test_the_listing_role_has_its_own_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", "postgresql://listing@here/first")
    assert control_url() == "postgresql://listing@here/first"


def test_a_tenants_own_database_is_the_connection_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SECOND_DB", "postgres://jobs:word@far/second")
    assert database_url("second_db") == "postgresql://jobs:word@far/second"


def test_a_missing_connection_is_named_with_its_remedy() -> None:
    with pytest.raises(InvalidInput, match="connection second_db does not exist; create it with type postgres"):
        database_url("second_db")
    with pytest.raises(InvalidInput, match="set ANALYTICS_CONTROL_URL or create it"):
        control_url()


def test_a_connection_of_another_type_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SECOND_DB", "mysql://jobs:word@far/second")
    with pytest.raises(InvalidInput, match="has type mysql; its type must be postgres"):
        database_url("second_db")


def test_every_character_of_a_password_reaches_libpq() -> None:
    url = libpq_url(host="db", port=5432, database="a/b", user="u@x", password="p:/?#@ %ä", extra={"cursor": "dict"})
    assert conninfo_to_dict(url) == {
        "host": "db",
        "port": "5432",
        "dbname": "a/b",
        "user": "u@x",
        "password": "p:/?#@ %ä",
    }
