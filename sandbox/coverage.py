"""`python -m sandbox.coverage`: rows of rules.csv per section of the contracts; the sections without a row, and why.

That every row passes is left to tests/sandbox/test_conformance.py.
"""

import csv
import sys
from collections import Counter
from pathlib import Path

_HERE = Path(__file__).parent


def main() -> int:
    """Print two tables, return the exit status."""
    rows = _read("rules.csv")
    vendors = sorted({row["vendor"] for row in rows})
    counted = Counter((row["contract"], row["section"], row["vendor"]) for row in rows)
    print(f"{'contract':<17}{'section':<9}" + "".join(f"{vendor:>12}" for vendor in vendors))
    for contract, section in sorted({key[:2] for key in counted}, key=_in_order):
        counts = "".join(f"{counted[contract, section, vendor] or '-':>12}" for vendor in vendors)
        print(f"{contract:<17}{section:<9}{counts}")
    totals = Counter(row["vendor"] for row in rows)
    print(f"{'all':<17}{len(rows):<9,}" + "".join(f"{totals[vendor]:>12}" for vendor in vendors))
    print("\nsections without a row")
    for row in _read("unchecked.csv"):
        print(f"{row['contract']:<17}{row['section']:<9}{row['about']}: {row['why']}")
    return 0


def _read(name: str) -> list[dict[str, str]]:
    with (_HERE / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _in_order(key: tuple[str, str]) -> tuple[str, str, tuple[int, ...]]:
    contract, section = key
    numbers = "".join(letter if letter.isdecimal() else " " for letter in section).split()
    return contract, section[:1], tuple(map(int, numbers))


if __name__ == "__main__":
    sys.exit(main())
