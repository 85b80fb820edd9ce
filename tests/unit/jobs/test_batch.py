"""What an error says about itself: ids and places, never values."""

import adbc_driver_manager
import psycopg
import pytest

from include.errors import InvalidInput
from include.jobs.batch import describe


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:  # noqa: BLE001 - the traceback is what the test is about
        return caught


def test_this_projects_own_messages_are_kept() -> None:
    assert describe(raised(InvalidInput("EUR has no rate on 2026-03-01"))) == "EUR has no rate on 2026-03-01"


@pytest.mark.parametrize("error", [ValueError("jane@example.com"), KeyError("+4917012345"), RuntimeError("4111 1111")])
def test_any_other_error_gives_its_class_and_place_and_not_its_input(error: Exception) -> None:
    text = describe(raised(error))
    assert text.startswith(f"{type(error).__name__} at test_batch.py:")
    assert text.endswith("in raised")
    assert str(error) not in text


def test_a_database_error_gives_its_sqlstate_and_not_its_row() -> None:
    text = describe(raised(psycopg.errors.UniqueViolation("Key (email)=(jane@example.com) already exists")))
    assert "UniqueViolation, SQLSTATE 23505" in text
    assert "jane" not in text


def test_the_column_driver_gives_its_sqlstate_too() -> None:
    error = adbc_driver_manager.ProgrammingError(
        "column jane does not exist", status_code=adbc_driver_manager.AdbcStatusCode.INVALID_ARGUMENT, sqlstate="42703"
    )
    text = describe(raised(error))
    assert "ProgrammingError, SQLSTATE 42703" in text
    assert "jane" not in text


def test_a_database_that_does_not_answer_is_called_unavailable() -> None:
    error = psycopg.OperationalError('connection to server at "db.internal" failed: password for "jane"')
    assert describe(raised(error)).startswith("database unavailable (OperationalError)")
    assert "jane" not in describe(raised(error))
