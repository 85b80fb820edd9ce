"""Requests of sandbox/rules.csv: templates of sandbox/rules/*.json, with changes and placeholders filled in.

A template is {"request": "POST /meta/...", "headers": {}, "query": {}, "form": {}, "body": ...}; `body` is sent as
JSON, text as it is. Changes are {"body.data.0.event_time": value}; "$delete" removes. Placeholders in text:

    ${meta_ads.password} ${meta_ads.pixel_id}   from the connections that the sandbox shows for the row's shop
    ${issued.token}                             of the last step `token`
    ${seconds -8d} ${micros} ${millis} ${iso +1h} ${day -1d}   the virtual clock, moved by s, m, h or d
    ${reply paging.cursors.after}               from the replies to the steps before
    ${sha256 text} ${text 101} ${n}             a hash; that many letters; the number of the copy
    {"$copies": 1001, "of": {...}}              a list of that many copies

A text that is one placeholder becomes a number where the placeholder is one.
"""

import hashlib
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parents[2] / "sandbox" / "rules"
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
DELETE = "$delete"


def build(
    template: str, changes: dict[str, Any], now: datetime, connections: dict[str, Any], request: str = ""
) -> dict[str, Any]:
    """Return what requests.request takes, url without the origin; request replaces the template's."""
    made = json.loads((TEMPLATES / f"{template}.json").read_text(encoding="utf-8")) if template else {}
    made = {"headers": {}, "query": {}} | made
    for path, value in changes.items():
        made = _changed(made, path.split("."), value)
    made = _filled(made, now, connections, 0)
    method, path = _filled(request or made["request"], now, connections, 0).split(" ", 1)
    built: dict[str, Any] = {"method": method, "url": path, "headers": made["headers"], "params": made["query"]}
    body = made.get("body")
    if "form" in made:
        built["data"] = made["form"]
    elif isinstance(body, str):
        built["data"] = body.encode()
    elif body is not None:
        built["data"] = json.dumps(body, ensure_ascii=False).encode()
        built["headers"].setdefault("Content-Type", "application/json")
    return built


def moved(now: datetime, by: str) -> datetime:
    """Return now moved by +48h, -8d, 30m or 5s; several add up."""
    for sign, count, unit in re.findall(r"([+-]?)(\d+)([smhd])", by):
        now += timedelta(**{_UNITS[unit]: int(f"{sign}{count}")})
    return now


def _changed(made: Any, path: list[str], value: Any) -> Any:
    key: Any = int(path[0]) if isinstance(made, list) else path[0]
    if len(path) > 1:
        if isinstance(made, dict):
            made.setdefault(key, {})
        made[key] = _changed(made[key], path[1:], value)
    elif value == DELETE:
        del made[key]
    elif isinstance(made, list) and key == len(made):
        made.append(value)
    else:
        made[key] = value
    return made


def _filled(value: Any, now: datetime, connections: dict[str, Any], number: int) -> Any:
    if isinstance(value, dict) and "$copies" in value:
        return [_filled(value["of"], now, connections, n) for n in range(value["$copies"])]
    if isinstance(value, dict):
        return {name: _filled(one, now, connections, number) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, now, connections, number) for one in value]
    if not isinstance(value, str):
        return value
    whole = _PLACEHOLDER.fullmatch(value)
    if whole:
        return _value(whole[1], now, connections, number)
    return _PLACEHOLDER.sub(lambda found: str(_value(found[1], now, connections, number)), value)


def _value(expression: str, now: datetime, connections: dict[str, Any], number: int) -> Any:
    name, _, argument = expression.partition(" ")
    at = moved(now, argument) if name in ("seconds", "micros", "millis", "iso", "day") else now
    seconds = int(at.timestamp())
    known: dict[str, Any] = {
        "seconds": seconds,
        "millis": seconds * 1000,
        "micros": seconds * 1_000_000,
        "iso": at.isoformat(),
        "day": at.date().isoformat(),
        "sha256": hashlib.sha256(argument.encode()).hexdigest(),
        "n": number,
    }
    if name == "reply":
        return _within(connections["reply"], argument.split("."))
    if name == "text":
        return "x" * int(argument)
    if name in known:
        return known[name]
    connection, _, field = name.partition(".")
    found = connections[connection]
    return found[field] if field in found else found["extra"][field]


def _within(found: Any, path: list[str]) -> Any:
    for key in path:
        found = found[int(key) if isinstance(found, list) else key]
    return found
