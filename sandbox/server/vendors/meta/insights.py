"""Insights, answered at once or by a report run that is polled. Source: source_apis.md A.3, A.4.

Quirks: `async_states` (a status per poll, the last stays), `async_race` (polls answered "no such object" at first),
`largest_page` (rows a page may have before Meta asks for less), `sync_rows` (rows a synchronous call may compute).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.server.surface import Call, Reply, Route
from sandbox.server.vendors.meta.envelope import graph_error, served_version
from sandbox.server.vendors.meta.insights_query import InsightsQuery, insights_query, invalid
from sandbox.server.vendors.meta.insights_rows import insight_rows
from sandbox.server.vendors.meta.marketing import Marketing, caller, page_of

# At 100 % and not yet completed: only the status tells.
_STATES = ("Job Running", "Job Completed")
_SYNC_ROWS = 10_000
_FIRST_RUN = 6_000_000_000_001
_ERROR_FIELDS_SINCE = 25
_RUN_FIELDS = frozenset(
    {"id", "account_id", "async_status", "async_percent_completion", "date_start", "date_stop", "time_completed"}
    | {"time_ref", "error_code", "error_message", "error_subcode", "error_user_title", "error_user_msg"}
)


@dataclass
class _Run:
    query: InsightsQuery
    states: tuple[str, ...]
    race: int
    polls: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def state(self) -> str:
        return self.states[min(max(self.polls, 1), len(self.states)) - 1]


def routes(marketing: Marketing) -> tuple[Route, ...]:
    """Return the routes of insights; those of a report run come last, as its id is any object's."""
    runs: dict[str, _Run] = {}

    def sync(call: Call) -> Reply:
        query = _query(marketing, call, call.query)
        rows = insight_rows(marketing.platform.reports(query.account), query, call.now)
        if len(rows) > int(call.quirk("sync_rows", _SYNC_ROWS)):
            raise invalid(call, "meta.A3.sync-too-large", "sync timed out; ask for a report run", subcode=1504018)
        call.did("accepted")
        return marketing.answer(call, query.account, page_of(call, rows))

    def start(call: Call) -> Reply:
        query = _query(marketing, call, {**call.query, **_posted(call)})
        states = tuple(call.quirk("async_states", _STATES))
        run_id = str(_FIRST_RUN + len(runs))
        runs[run_id] = _Run(query, states, int(call.quirk("async_race", 0)))
        call.did("accepted")
        return marketing.answer(call, query.account, {"report_run_id": run_id})

    def poll(call: Call) -> Reply:
        run = _run(marketing, call, runs)
        if run.race > 0:
            run.race -= 1
            call.did("rejected")
            return graph_error(call, 100, 33, message="Unsupported get request. Object does not exist")
        run.polls += 1
        call.did("accepted")
        return marketing.answer(call, run.query.account, _shown(call, run))

    def result(call: Call) -> Reply:
        run = _run(marketing, call, runs)
        if run.state != "Job Completed" or not run.polls:
            raise invalid(call, "meta.A4.not-completed", "the report run has not completed", 2601)
        if not run.rows:
            run.rows = insight_rows(marketing.platform.reports(run.query.account), run.query, call.now)
        call.did("accepted")
        return marketing.answer(call, run.query.account, page_of(call, run.rows))

    return (
        Route("GET", "/{version}/act_{account}/insights", marketing.serve(sync)),
        Route("POST", "/{version}/act_{account}/insights", marketing.serve(start)),
        Route("GET", "/act_{account}/insights", marketing.serve(sync)),
        Route("GET", "/{version}/{run}/insights", marketing.serve(result)),
        Route("GET", "/{version}/{run}", marketing.serve(poll)),
    )


def _query(marketing: Marketing, call: Call, asked: Mapping[str, str]) -> InsightsQuery:
    account = call.variables["account"]
    reports = marketing.reports(call, account)
    return insights_query(call, account, reports.today(call.now), asked)


def _posted(call: Call) -> dict[str, str]:
    if "json" in call.headers.get("content-type", ""):
        body = call.json()
        return {name: one if isinstance(one, str) else json.dumps(one) for name, one in body.items()}
    return call.form()


def _run(marketing: Marketing, call: Call, runs: Mapping[str, _Run]) -> _Run:
    run = runs.get(call.variables["run"])
    if run is None or run.query.account not in marketing.platform.owned_by(caller(call)):
        raise invalid(call, "meta.A4.missing-run", "Unsupported get request. Object does not exist", subcode=33)
    return run


def _shown(call: Call, run: _Run) -> dict[str, Any]:
    asked = [name for name in call.query.get("fields", "").split(",") if name]
    unknown = sorted(set(asked) - _RUN_FIELDS)
    if unknown:
        raise invalid(call, "meta.A4.run-field", f"Tried accessing nonexisting field ({unknown[0][:60]})")
    done = run.state == "Job Completed"
    values: dict[str, Any] = {
        "account_id": run.query.account,
        "async_status": run.state,
        "async_percent_completion": 0 if run.state == "Job Not Started" else 100,
        "date_start": run.query.first.isoformat(),
        "date_stop": run.query.last.isoformat(),
        "time_completed": int(call.now.timestamp()) if done else None,
    }
    if run.state == "Job Failed" and served_version(call) >= _ERROR_FIELDS_SINCE:
        values |= {
            "error_code": 2,
            "error_subcode": 1504044,
            "error_message": "An unknown error occurred",
            "error_user_title": "Erreur inconnue",
            "error_user_msg": "Réessayez plus tard.",
        }
    names = asked or ["account_id", "async_status", "async_percent_completion", "date_start", "date_stop"]
    shown = {name: values[name] for name in names if values.get(name) is not None}
    return {"id": call.variables["run"], **shown}
