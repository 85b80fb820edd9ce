"""Reading ahead keeps order, hides nothing and holds two parts at most."""

from collections.abc import Iterator

import pytest

from include.jobs.prefetch import Prefetch


def test_parts_come_in_order() -> None:
    assert list(Prefetch(iter(range(100)))) == list(range(100))


def test_an_error_is_raised_where_its_part_would_have_been() -> None:
    def parts() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("third")

    seen = []
    with pytest.raises(ValueError, match="third"):
        for part in Prefetch(parts()):
            seen.append(part)
    assert seen == [1, 2]


def test_no_more_than_one_part_is_made_ahead() -> None:
    made: list[int] = []

    def parts() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            yield number

    for part in Prefetch(parts()):
        assert len(made) <= part + 2
