"""What Meta says of a dataset as a whole."""

from typing import Any

import pytest

from include.delivery.validation.meta_quality import (
    checks_request,
    failed_checks,
    is_unavailable,
    node_request,
    quality_of,
    quality_request,
)


def quality(**fields: Any) -> dict[str, Any]:
    return {"web": [{"event_name": "AddToCart"}, {"event_name": "Purchase", **fields}]}


def test_the_reduced_request_leaves_out_what_a_dataset_may_not_have() -> None:
    whole, reduced = quality_request("v26.0", "88"), quality_request("v26.0", "88", reduced=True)
    assert whole.path == "/v26.0/dataset_quality"
    assert whole.params["dataset_id"] == "88"
    assert "dedupe_key_feedback" in whole.params["fields"]
    assert (
        reduced.params["fields"] == "web{event_name,event_match_quality{composite_score},event_coverage,data_freshness}"
    )


def test_nothing_is_asked_of_a_node_that_does_not_answer_by_itself() -> None:
    assert node_request("v26.0", "88").params == {"fields": "last_fired_time,is_unavailable"}
    assert checks_request("v26.0", "88").params == {"connection_method": "SERVER"}


def test_figures_of_purchase_are_read_and_judged() -> None:
    found = quality_of(
        quality(
            event_match_quality={"composite_score": 7.4},
            event_coverage={"percentage": 81.2, "goal_percentage": 75},
            dedupe_key_feedback=[{"server_events_with_dedupe_key": {"percentage": 100}}],
        ),
        browser_events=9,
    )
    assert found.figures == {
        "match_quality": 7.4,
        "coverage": 81.2,
        "coverage_goal": 75.0,
        "server_events_with_event_id": 100.0,
    }
    assert found.complaints == ()


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"event_match_quality": {"composite_score": 5.9}}, "match quality is 5.9, below 6"),
        ({"event_coverage": {"percentage": 60, "goal_percentage": 75}}, "60 % of browser events are covered, aim 75 %"),
        ({"event_coverage": {"percentage": 60}}, "60 % of browser events are covered, aim 75 %"),
    ],
)
def test_a_low_figure_is_a_complaint(fields: dict[str, Any], complaint: str) -> None:
    assert quality_of(quality(**fields), browser_events=9).complaints == (complaint,)


@pytest.mark.parametrize("answer", [{}, {"web": []}, quality(), quality(event_match_quality={"composite_score": True})])
def test_a_figure_that_is_not_there_is_neither_good_nor_bad(answer: Any) -> None:
    found = quality_of(answer, browser_events=9)
    assert (found.figures, found.complaints) == ({}, ())


def test_without_browser_events_there_is_nothing_to_cover() -> None:
    uncovered = quality(event_coverage={"percentage": 0.0, "goal_percentage": 75})
    assert quality_of(uncovered, browser_events=0).complaints == ()
    assert len(quality_of(uncovered, browser_events=1).complaints) == 1


def test_only_the_vendors_own_word_makes_a_dataset_unavailable() -> None:
    assert is_unavailable({"id": "88", "is_unavailable": True})
    assert not is_unavailable({"id": "88"})
    assert not is_unavailable({"is_unavailable": "yes"})


def test_checks_that_failed_are_named() -> None:
    answer = {
        "data": [{"key": "b", "result": "failed"}, {"key": "a", "result": "failed"}, {"key": "c", "result": "passed"}]
    }
    assert failed_checks(answer) == ["a", "b"]
    assert failed_checks({}) == []
