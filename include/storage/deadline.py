"""How long one tenant's work may take; machine time of this process."""

import math
import time

from include.errors import DeadlineExceeded


class Deadline:
    """A point in monotonic time that statements and loops check."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @classmethod
    def none(cls) -> "Deadline":
        """Return a deadline that never comes, for imports and tests."""
        return cls(math.inf)

    def remaining(self) -> float:
        """Return the seconds left; raise DeadlineExceeded when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise DeadlineExceeded(f"not finished within {self.seconds:.0f} s")
        return left

    def statement_timeout_ms(self) -> int:
        """Return the value of PostgreSQL's statement_timeout that keeps the deadline; 0 means none."""
        left = self.remaining()
        return 0 if math.isinf(left) else max(1, int(left * 1000))
