"""Virtual business time: it stands still until it is told to move, and never moves back."""

from dataclasses import dataclass
from datetime import datetime

from include.errors import InvalidInput


@dataclass
class VirtualClock:
    """now is an aware instant in UTC."""

    now: datetime

    def move_to(self, instant: datetime) -> None:
        """Raises InvalidInput when instant is before now: only a reset goes back."""
        if instant < self.now:
            raise InvalidInput(
                f"clock is at {self.now.isoformat()}, not before {instant.isoformat()}; POST /_sandbox/reset goes back"
            )
        self.now = instant
