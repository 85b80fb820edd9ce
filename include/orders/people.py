"""Visitors and customers that staged rows name are stored before the rows; ids that collide are refused, not merged."""

from dataclasses import dataclass
from typing import Literal

from include.storage.session import TenantSession


@dataclass(frozen=True)
class Collision:
    """A staged row left out because another external id has the same 63-bit hash; line is the writer's own number."""

    line: int
    field: str
    external_id: str

    @property
    def reason(self) -> str:
        """One line for the quarantine."""
        return f"{self.field} has the same hash as another one; this row cannot be told apart from it"


def store_people(session: TenantSession, rows: Literal["orders", "touchpoints"]) -> list[Collision]:
    """Insert the visitors and customers that the stage names, and take rows of colliding ids out of it."""
    session.execute(f"orders/stage_people_of_{rows}")
    session.execute("orders/analyze_stage_of_people")
    session.execute("orders/insert_visitors")
    session.execute("orders/insert_customers")
    if session.row("orders/select_colliding_people") is None:
        return []
    return [Collision(*row) for row in session.rows(f"orders/delete_{rows}_of_colliding_people")]
