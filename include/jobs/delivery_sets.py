"""What the validations of Meta and TikTok, which only count, have in common: facts, alerts, rows nobody can prove."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from include.alerts.alerts import Alert
from include.alerts.validation import SHORTFALL, SURPLUS, UNDECIDED, worth
from include.delivery.validation.facts import UNVERIFIABLE, Change, Fact, Posted, Proof
from include.delivery.validation.sets import SetCheck, for_a_person
from include.jobs.delivery_validation import Asked

_SHORTFALL_AFTER = timedelta(hours=24)
"""Counts trail; a figure that is short for longer is told."""


def set_facts(method: str, checks: Iterable[SetCheck], digest: str) -> list[Fact]:
    """Return a fact per set."""
    return [
        Fact(
            method,
            check.verdict,
            Proof.NONE if check.guards else Proof.SET,
            check.interval.start,
            check.interval.end,
            expected=check.accepted,
            observed=check.received,
            guards=tuple(sorted(check.guards)),
            digest=digest,
            detail={"in_doubt": check.in_doubt, "perhaps": check.perhaps},
        )
        for check in checks
    ]


def set_alerts(
    asked: Asked, checks: Sequence[SetCheck], rows: Sequence[Posted], changed: Sequence[Change]
) -> list[Alert]:
    """Return what a person has to know: rows nothing decides, more than was sent, less than was sent."""
    now = asked.request.now
    made = []
    if undecided := for_a_person(rows, changed, now):
        made.append(
            asked.alarm(UNDECIDED, f"{worth(undecided)} in doubt since 48 hours and not to be decided by counts")
        )
    surplus = sum(
        (check.received or 0) - check.accepted - check.in_doubt for check in checks if check.verdict == "surplus"
    )
    if surplus:
        made.append(asked.alarm(SURPLUS, f"{surplus} server purchases are not ours: another sender, or sent twice"))
    late = [check for check in checks if check.verdict == "shortfall" and check.interval.end <= now - _SHORTFALL_AFTER]
    if late:
        short = sum(check.accepted - (check.received or 0) for check in late)
        made.append(asked.alarm(SHORTFALL, f"{short} accepted purchases are not in the vendor's counts after a day"))
    return made


def unverifiable(rows: Iterable[Posted], changed: Iterable[Change], counted_from: datetime) -> list[Change]:
    """Return a note on accepted rows that were posted before what the vendor still counts: nothing will prove them."""
    decided = {change.row for change in changed}
    return [
        Change(row, row.state, UNVERIFIABLE)
        for row in rows
        if row.state == "accepted" and row not in decided and row.sent_at < counted_from
    ]
