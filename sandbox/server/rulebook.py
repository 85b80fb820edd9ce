"""The rules of sandbox/rules.csv by id: what the log says about a rule that was broken."""

import csv
from functools import cache
from pathlib import Path

RULES = Path(__file__).parents[1] / "rules.csv"


@cache
def rulebook() -> dict[str, str]:
    """Return rule id -> section of the contract and what the rule says."""
    with RULES.open(newline="", encoding="utf-8") as file:
        return {row["rule_id"]: f"{row['section']}: {row['note']}" for row in csv.DictReader(file)}
