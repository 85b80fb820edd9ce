"""Several threads on one list: every item once, at most so many at a time, and no further than wanted."""

import threading
import time

import pytest

from attribution_airflow.hooks.crew import results_of


def test_every_item_is_worked_once_and_its_result_carries_its_index() -> None:
    results = dict(results_of(lambda item: item * 2, list(range(500)), 16, lambda result: True))
    assert results == {index: index * 2 for index in range(500)}


def test_so_many_are_at_work_at_a_time_and_no_more() -> None:
    lock, at_work, most = threading.Lock(), 0, 0

    def work(item: int) -> int:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.01)
        with lock:
            at_work -= 1
        return item

    assert len(list(results_of(work, list(range(40)), 4, lambda result: True))) == 40
    assert most == 4


def test_nothing_more_is_begun_once_the_reader_says_no_and_what_is_under_way_is_told() -> None:
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        time.sleep(0.005)
        return item

    results = dict(results_of(work, list(range(1_000)), 4, lambda result: False))
    assert sorted(results) == sorted(begun)
    assert 1 <= len(begun) <= 8


def test_an_error_of_the_work_is_raised_where_the_results_are_read() -> None:
    def work(item: int) -> int:
        if item == 3:
            raise KeyError("gone")
        return item

    with pytest.raises(KeyError, match="gone"):
        list(results_of(work, list(range(1_000)), 2, lambda result: True))


def test_nothing_to_do_is_nothing() -> None:
    assert list(results_of(lambda item: item, [], 4, lambda result: True)) == []
