"""Tokens that reports of one property cost, over the virtual clock. Source: validation_apis.md L2.5.

Budgets are those of a standard property. The day ends at midnight in California, the hour slides. After ten server
errors within an hour nothing is answered.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.server.refusal import Refusal
from sandbox.server.vendors.ga4.errors import error

PER_DAY, PER_HOUR, PER_PROJECT_HOUR, SERVER_ERRORS, CONCURRENT, THRESHOLDED = 200_000, 40_000, 14_000, 10, 10, 120
_CALIFORNIA = ZoneInfo("America/Los_Angeles")
_HOUR = timedelta(hours=1)


@dataclass
class Quota:
    """What one property has spent; spent is (when, tokens)."""

    spent: deque[tuple[datetime, int]] = field(default_factory=deque)
    failed: deque[datetime] = field(default_factory=deque)

    def charge(self, now: datetime, tokens: int, project_hour: int) -> None:
        """Spend tokens; raises Refusal when a budget is gone. project_hour: the hourly budget of the project."""
        day = now.astimezone(_CALIFORNIA).date()
        while self.spent and self.spent[0][0] < now - timedelta(days=2):
            self.spent.popleft()
        today = sum(count for at, count in self.spent if at.astimezone(_CALIFORNIA).date() == day)
        hour = self._within_hour(now)
        if len([at for at in self.failed if at > now - _HOUR]) >= SERVER_ERRORS:
            raise _exhausted("server-errors", "Exhausted server errors for a project per hour.")
        if today + tokens > PER_DAY:
            raise _exhausted("day", "Exhausted property tokens per day.")
        if hour + tokens > min(PER_HOUR, project_hour):
            raise _exhausted("hour", "Exhausted property tokens for a project per hour.")
        self.spent.append((now, tokens))

    def fail(self, now: datetime) -> None:
        """Count a server error."""
        self.failed.append(now)

    def shown(self, now: datetime, tokens: int, project_hour: int) -> dict[str, Any]:
        """Return propertyQuota as it stands after a call that cost tokens."""
        day = now.astimezone(_CALIFORNIA).date()
        today = sum(count for at, count in self.spent if at.astimezone(_CALIFORNIA).date() == day)
        hour = self._within_hour(now)
        failed = sum(at > now - _HOUR for at in self.failed)
        return {
            "tokensPerDay": {"consumed": tokens, "remaining": PER_DAY - today},
            "tokensPerHour": {"consumed": tokens, "remaining": PER_HOUR - hour},
            "tokensPerProjectPerHour": {"consumed": tokens, "remaining": project_hour - hour},
            "concurrentRequests": {"consumed": 0, "remaining": CONCURRENT},
            "serverErrorsPerProjectPerHour": {"consumed": 0, "remaining": SERVER_ERRORS - failed},
            "potentiallyThresholdedRequestsPerHour": {"consumed": 0, "remaining": THRESHOLDED},
        }

    def _within_hour(self, now: datetime) -> int:
        return sum(count for at, count in self.spent if at > now - _HOUR)


def _exhausted(which: str, message: str) -> Refusal:
    return Refusal(f"ga4.L2.5.429-{which}", message, error(429, message))
