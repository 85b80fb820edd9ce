"""What a run was asked, checked and read: the rules behind check_request, and the JobRequest every tenant sees.

Types are the params' JSON schemas, which Airflow enforces when a run is triggered; who is due is left to tenants.py.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from include.clock import now
from include.errors import InvalidInput
from include.jobs.request import JobRequest

_LONGEST_RANGE_YEARS = 3
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CONTROL_PARAMS = frozenset({"tenants", "dry_run", "date_from", "date_to"})


def check_conf(
    conf: Mapping[str, Any],
    known_params: Collection[str],
    tenants: Mapping[str, str],
    today: date,
    accounts: Collection[str] = (),
) -> None:
    """Raise InvalidInput, one line that names every fault and its remedy, unless a run's conf makes sense.

    tenants: slug -> status of all that exist. today: business time, UTC. accounts: ids of the ad accounts that a job
    of ad accounts may be asked for.
    """
    faults = [
        *_unknown_keys(conf, known_params),
        *_tenant_faults(conf.get("tenants") or [], tenants),
        *_range_faults(conf.get("date_from"), conf.get("date_to"), today),
        *_conversion_faults(conf.get("conversion_ids") or [], conf.get("tenants") or []),
        *_account_faults(conf.get("accounts") or [], accounts),
    ]
    if faults:
        raise InvalidInput("; ".join(faults))


def job_request(job: str, run_id: str, run_after: datetime, params: Mapping[str, Any]) -> JobRequest:
    """Return what the run asks of each tenant.

    run_after: when Airflow let the run start, UTC; a logical date may be missing, and no day is derived from either.
    params: the run's params with their defaults. Raises InvalidInput for a day that is not ISO.
    """
    options = {name: value for name, value in params.items() if name not in _CONTROL_PARAMS}
    if "conversion_ids" in options:
        options["conversion_ids"] = [int(value) for value in options["conversion_ids"] or []]
    return JobRequest(
        job=job,
        run_id=run_id,
        now=now(run_after),
        date_from=_day("date_from", params.get("date_from")),
        date_to=_day("date_to", params.get("date_to")),
        dry_run=bool(params.get("dry_run")),
        options=options,
    )


def names_its_work(params: Mapping[str, Any]) -> bool:
    """Return whether a person chose tenants, days or conversions, so that queues are not asked who is due."""
    return any(params.get(name) for name in ("tenants", "date_from", "date_to", "conversion_ids"))


def _unknown_keys(conf: Mapping[str, Any], known: Collection[str]) -> list[str]:
    listed = f"; known are {', '.join(sorted(known))}"
    return [f"unknown param {key}{_suggestion(key, known) or listed}" for key in sorted(set(conf) - set(known))]


def _tenant_faults(slugs: Collection[str], tenants: Mapping[str, str]) -> list[str]:
    faults = []
    for slug in slugs:
        status = tenants.get(slug)
        if status is None:
            faults.append(f"unknown tenant {slug}{_suggestion(slug, tenants) or '; see make tenants-plan'}")
        elif status != "active":
            faults.append(f"tenant {slug} is {status}: nothing is computed for it; leave it out or set it active")
    return faults


def _range_faults(first_text: str | None, last_text: str | None, today: date) -> list[str]:
    if first_text is None and last_text is None:
        return []
    if first_text is None or last_text is None:
        missing, given = ("date_from", "date_to") if first_text is None else ("date_to", "date_from")
        return [f"{given} is given without {missing}; give both or neither"]
    try:
        first, last = _day("date_from", first_text), _day("date_to", last_text)
    except InvalidInput as error:
        return [str(error)]
    if first is None or last is None:
        return ["date_from and date_to must be days such as 2026-03-01, or null"]
    if first >= last:
        return [f"date_from {first} is not before date_to {last}, which is exclusive; swap them or add a day"]
    if first < _years_before(last, _LONGEST_RANGE_YEARS):
        return [f"{first} to {last} is more than {_LONGEST_RANGE_YEARS} years; split the range"]
    if first > today + timedelta(days=1):
        return [f"date_from {first} lies in the future (today is {today}); correct it"]
    return []


def _conversion_faults(conversion_ids: Collection[int | str], slugs: Collection[str]) -> list[str]:
    if conversion_ids and len(set(slugs)) != 1:
        return [f"conversion_ids needs exactly one tenant, got {len(set(slugs))}; name it in tenants"]
    return []


def _account_faults(wanted: Collection[str], accounts: Collection[str]) -> list[str]:
    return [
        f"unknown ad account {account}{_suggestion(account, accounts) or '; see ad_accounts of the tenants'}"
        for account in wanted
        if account not in accounts
    ]


def _day(name: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        if not _DAY.fullmatch(text):
            raise ValueError("not a calendar day")
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{name} {text!r} is not a day; write it as 2026-03-01") from error


def _years_before(day: date, years: int) -> date:
    leap_day_only_here = day.month == 2 and day.day == 29
    return day.replace(year=day.year - years, day=28 if leap_day_only_here else day.day)


def _suggestion(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""
