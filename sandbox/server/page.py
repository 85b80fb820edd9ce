"""The page at /: clock, faults, what each vendor received, and which rules were broken. One file, no network."""

from collections import Counter
from html import escape
from pathlib import Path
from string import Template

from sandbox.server.rulebook import rulebook
from sandbox.server.sandbox import Sandbox

_PAGE = Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))
_LATEST = 50


def page(sandbox: Sandbox) -> str:
    """Return the page as HTML; everything a client sent is escaped."""
    broken = sandbox.log.broken.total()
    return _PAGE.substitute(
        now=sandbox.now.strftime("%A %-d %B %Y, %H:%M:%S UTC"),
        verdict="no rule broken" if not broken else f"{broken:,} rule{'s' if broken > 1 else ''} broken",
        tone="bad" if broken else "good",
        vendors="".join(_vendor_rows(sandbox)),
        faults="".join(_fault_rows(sandbox)) or _nothing(5, "nothing goes wrong on purpose"),
        violations="".join(_violation_rows(sandbox)) or _nothing(5, "the clients kept to every rule"),
        received="".join(_received_rows(sandbox)) or _nothing(6, "nothing received yet"),
    )


def _vendor_rows(sandbox: Sandbox) -> list[str]:
    log = sandbox.log
    broken: Counter[str] = Counter()
    for rule, count in log.broken.items():
        broken[rule.split(".", 1)[0]] += count
    return [
        _row(
            f"<b>{escape(one.vendor)}</b>",
            f"<code>{escape(one.prefix)}</code> for {escape(one.stands_for)}",
            f"{log.received[one.vendor]:,}",
            ", ".join(f"{count:,} {escape(name)}" for name, count in log.effects.get(one.vendor, Counter()).items()),
            f'<span class="bad">{broken[one.vendor]:,}</span>' if broken[one.vendor] else "0",
        )
        for one in sandbox.surfaces
    ]


def _fault_rows(sandbox: Sandbox) -> list[str]:
    return [
        _row(
            str(one["number"]),
            escape(one["vendor"]),
            f"<code>{escape(one['method'])} {escape(one['route'])}</code>",
            escape(one["kind"]),
            f"{one['hits']:,} of {one['count'] if one['count'] is not None else '∞'}"
            + (f", until {escape(one['until'])}" if one["until"] else ""),
        )
        for one in sandbox.faults.shown(sandbox.now)
    ]


def _violation_rows(sandbox: Sandbox) -> list[str]:
    latest: dict[str, str] = {one.rule: one.detail for one in sandbox.log.violations}
    return [
        _row(
            f"<code>{escape(rule)}</code>",
            f"{count:,}",
            escape(rulebook().get(rule, "")),
            escape(latest.get(rule, "")),
        )
        for rule, count in sandbox.log.broken.most_common()
    ]


def _received_rows(sandbox: Sandbox) -> list[str]:
    return [
        _row(
            f"{one.number:,}",
            one.at.strftime("%m-%d %H:%M:%S"),
            f"<b>{escape(one.vendor)}</b> <code>{escape(one.method)} {escape(one.path)}</code>",
            str(one.status) if one.status else "reset",
            ", ".join(f"{count:,} {escape(name)}" for name, count in one.effects.items()) + _tag(one.fault),
            " ".join(f'<code class="bad">{escape(rule)}</code>' for rule in sorted(set(one.violations))),
        )
        for one in reversed(list(sandbox.log.entries)[-_LATEST:])
    ]


def _tag(fault: str) -> str:
    return f' <span class="fault">{escape(fault)}</span>' if fault else ""


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n"


def _nothing(columns: int, text: str) -> str:
    return f'<tr><td colspan="{columns}" class="quiet">{text}</td></tr>'
