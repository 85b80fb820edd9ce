"""What kind of site a source is: search, social, shopping, video or AI assistant.

The list is data, `channel_sources.csv`: facts about sites, one a line. It names the sites a shop meets, not all of the
roughly 800 names of the list that Google publishes with its default channel groups. What a category means for a
channel is decided in include/attribution/channels.py.
"""

import csv
import re
from functools import cache, lru_cache
from importlib import resources
from typing import Literal, cast

Category = Literal["search", "social", "shopping", "video", "ai"]

_OWN_PREFIXES = ("www.", "m.")
# amazon.com, amazon.de, amazon.co.uk, amazon.com.br: one brand, written amazon.* in the list
_COUNTRY_DOMAIN = re.compile(r"(.+?)\.(?:com|net|[a-z]{2}|(?:com|co|ne)\.[a-z]{2})")


@lru_cache(maxsize=65_536)
def category_of(source: str) -> Category | None:
    """Return the category of a lower-case source, or None when the list does not have it.

    source is a name (`facebook`) or a host (`l.instagram.com`). Lines of the list match in three ways: `name` the whole
    source; `host` a host but for a leading www. or m.; `domain` a host and every host below it. The most specific line
    wins: gemini.google.com is an AI assistant, google.de a search engine, support.google.com neither. `brand.*` stands
    for the brand under any country's domain.
    """
    named = _lines("name").get(source)
    if named is not None or "." not in source:
        return named
    host = without_www(source)
    return _of_country_or_host(_lines("host"), host) or _of_domain(host)


def without_www(host: str) -> str:
    """Return the host without the www. or m. that a site puts before its own name."""
    for prefix in _OWN_PREFIXES:
        if host.startswith(prefix) and host.count(".") > 1:
            return host[len(prefix) :]
    return host


def _of_domain(host: str) -> Category | None:
    while "." in host:
        category = _of_country_or_host(_lines("domain"), host)
        if category is not None:
            return category
        host = host.partition(".")[2]
    return None


def _of_country_or_host(lines: dict[str, Category], host: str) -> Category | None:
    if host in lines:
        return lines[host]
    brand = _COUNTRY_DOMAIN.fullmatch(host)
    return lines.get(f"{brand[1]}.*") if brand else None


@cache
def _lines(match: Literal["name", "host", "domain"]) -> dict[str, Category]:
    text = resources.files("include.attribution").joinpath("channel_sources.csv").read_text("utf-8")
    lines = csv.DictReader(text.splitlines())
    return {line["pattern"]: cast(Category, line["category"]) for line in lines if line["match"] == match}
