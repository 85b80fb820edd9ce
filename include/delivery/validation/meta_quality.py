"""What Meta says of a dataset as a whole: alive, checks passed, match quality (validation_apis L3.2, L3.3).

Plausibility only: it raises or clears an alarm and never changes a row. A dataset that the vendor calls unavailable is
not sent to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.platforms.outcome import member
from include.platforms.request import PlatformRequest

LOWEST_SCORE = 6.0
"""Meta's own aim for the event match quality (0 to 10)."""

_EVENT = "Purchase"
_REDUCED = "event_name,event_match_quality{composite_score},event_coverage,data_freshness"
_DEDUPE = (
    ",dedupe_key_feedback{dedupe_key,server_events_with_dedupe_key{percentage},"
    "overall_browser_coverage_from_dedupe_key{percentage}}"
)


@dataclass(frozen=True)
class Quality:
    """Of the Purchase event: figures by name (scores and percentages), and what is wrong, in our own words."""

    figures: Mapping[str, float]
    complaints: tuple[str, ...]


def node_request(api_version: str, pixel_id: str) -> PlatformRequest:
    """Return the request for the dataset's own state; nothing but the id comes unasked."""
    return PlatformRequest("GET", f"/{api_version}/{pixel_id}", params={"fields": "last_fired_time,is_unavailable"})


def is_unavailable(node: Any) -> bool:
    """Return whether the vendor calls the dataset unavailable."""
    return member(node, "is_unavailable") is True


def checks_request(api_version: str, pixel_id: str) -> PlatformRequest:
    """Return the request for the vendor's own checks of server events."""
    return PlatformRequest("GET", f"/{api_version}/{pixel_id}/da_checks", params={"connection_method": "SERVER"})


def failed_checks(answer: Any) -> list[str]:
    """Return the keys of the checks that failed, sorted."""
    data = member(answer, "data")
    found = data if isinstance(data, list) else []
    return sorted(str(member(one, "key")) for one in found if member(one, "result") == "failed")


def quality_request(api_version: str, pixel_id: str, *, reduced: bool = False) -> PlatformRequest:
    """Return the request for match quality; reduced: without the fields that a dataset may not have."""
    fields = f"web{{{_REDUCED if reduced else _REDUCED + _DEDUPE}}}"
    return PlatformRequest("GET", f"/{api_version}/dataset_quality", params={"dataset_id": pixel_id, "fields": fields})


def quality_of(answer: Any, *, browser_events: int) -> Quality:
    """Return the quality of Purchase; a figure that is not there is neither good nor bad.

    browser_events: counted lately; without any there is nothing that the server's events could cover.
    """
    web = member(answer, "web")
    event = next((one for one in web if member(one, "event_name") == _EVENT), None) if isinstance(web, list) else None
    paths: Mapping[str, Sequence[str | int]] = {
        "match_quality": ("event_match_quality", "composite_score"),
        "coverage": ("event_coverage", "percentage"),
        "coverage_goal": ("event_coverage", "goal_percentage"),
        "server_events_with_event_id": ("dedupe_key_feedback", 0, "server_events_with_dedupe_key", "percentage"),
    }
    read = {name: member(event, *path) for name, path in paths.items()}
    figures = {name: float(value) for name, value in read.items() if _is_number(value)}
    return Quality(figures, tuple(_complaints(figures, browser_events)))


def _complaints(figures: Mapping[str, float], browser_events: int) -> list[str]:
    made = []
    if figures.get("match_quality", LOWEST_SCORE) < LOWEST_SCORE:
        made.append(f"match quality is {figures['match_quality']:g}, below {LOWEST_SCORE:g}")
    goal = figures.get("coverage_goal", 75.0)
    if browser_events and figures.get("coverage", goal) < goal:
        made.append(f"{figures['coverage']:g} % of browser events are covered, aim {goal:g} %")
    return made


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
