"""Where a touch came from: its source, medium and campaign, and the evidence for them.

Tags that the advertiser wrote win over click ids, click ids over the referrer; nothing at all is direct traffic. Which
channel that makes is decided in include/attribution/channels.py.
"""

from typing import NamedTuple
from urllib.parse import unquote_plus

from include.attribution.channel_sources import category_of, without_www

_NO_SOURCE = frozenset({"", "(direct)", "direct", "(not set)", "(none)"})
_NO_MEDIUM = frozenset({"", "(none)", "none", "(not set)"})
_NO_CAMPAIGN = frozenset({"", "(not set)", "(none)", "(direct)", "(organic)", "(referral)"})
_PARAMETERS = frozenset({"utm_source", "utm_medium", "utm_campaign", "gclid", "gbraid", "wbraid", "fbclid", "ttclid"})
_NO_PARAMETERS: dict[str, str] = {}


class ChannelInput(NamedTuple):
    """What is known of a touch; None or an empty string is unknown. A tuple, since one is made for every row read.

    source, medium and campaign are UTM tags or Google Analytics' fields of these names; referrer and landing_page are
    URLs (a referrer may be a bare host).
    """

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    gclid: str | None = None
    gbraid: str | None = None
    wbraid: str | None = None
    fbclid: str | None = None
    ttclid: str | None = None
    referrer: str | None = None
    landing_page: str | None = None


class Traffic(NamedTuple):
    """Source, medium and campaign in lower case, empty where there is none, and what they were read from.

    evidence: tags, landing_page, gclid, gbraid, wbraid, ttclid, fbclid, referrer or none.
    """

    source: str
    medium: str
    campaign: str
    evidence: str


def traffic_of(touch: ChannelInput) -> Traffic:
    """Return where the touch came from.

    Empty tags and click ids are filled from the landing page's query. Without a medium, Google's ids (gclid, gbraid,
    wbraid) mean google / cpc whatever the source, as Google Analytics' auto-tagging does; TikTok's ttclid, which only
    ads carry, means tiktok / cpc. Meta adds fbclid to every link out of its apps, so alone it means facebook / referral
    and never a paid click. A referrer on the landing page's own host is no source.
    """
    source = _clean(touch.source, _NO_SOURCE)
    medium = _clean(touch.medium, _NO_MEDIUM)
    campaign = _clean(touch.campaign, _NO_CAMPAIGN)
    if source and medium and campaign:
        return Traffic(source, medium, campaign, "tags")
    parameters = _parameters(touch.landing_page)
    evidence = "tags" if source or medium or campaign else "none"
    if parameters:
        source = source or _clean(parameters.get("utm_source"), _NO_SOURCE)
        medium = medium or _clean(parameters.get("utm_medium"), _NO_MEDIUM)
        campaign = campaign or _clean(parameters.get("utm_campaign"), _NO_CAMPAIGN)
        if evidence == "none" and (source or medium or campaign):
            evidence = "landing_page"
    if medium:
        return Traffic(source or _source_of_click(touch, parameters), medium, campaign, evidence)
    click = _paid_click(touch, parameters)
    if click:
        return Traffic("tiktok" if click == "ttclid" else "google", "cpc", campaign, click)
    if source:
        return Traffic(source, "", campaign, evidence)
    return _untagged(touch, parameters, campaign, evidence)


def _untagged(touch: ChannelInput, parameters: dict[str, str], campaign: str, evidence: str) -> Traffic:
    if touch.fbclid or "fbclid" in parameters:
        return Traffic("facebook", "referral", campaign, "fbclid")
    host = _host(touch.referrer)
    if host and host != _host(touch.landing_page):
        return Traffic(host, _medium_of_referrer(host), campaign, "referrer")
    return Traffic("", "", campaign, evidence)


def _medium_of_referrer(host: str) -> str:
    category = category_of(host)
    if category == "search":
        return "organic"
    return "ai-assistant" if category == "ai" else "referral"


def _source_of_click(touch: ChannelInput, parameters: dict[str, str]) -> str:
    click = _paid_click(touch, parameters)
    if click:
        return "tiktok" if click == "ttclid" else "google"
    if touch.fbclid or "fbclid" in parameters:
        return "facebook"
    return ""


def _paid_click(touch: ChannelInput, parameters: dict[str, str]) -> str:
    if touch.gclid or "gclid" in parameters:
        return "gclid"
    if touch.gbraid or "gbraid" in parameters:
        return "gbraid"
    if touch.wbraid or "wbraid" in parameters:
        return "wbraid"
    if touch.ttclid or "ttclid" in parameters:
        return "ttclid"
    return ""


def _parameters(url: str | None) -> dict[str, str]:
    if not url or "?" not in url or not ("utm_" in url or "clid=" in url or "braid=" in url):
        return _NO_PARAMETERS
    # Only the few wanted values are decoded: parse_qsl decodes them all and takes most of the time of a row.
    pairs = (pair.partition("=") for pair in url.split("#", 1)[0].partition("?")[2].split("&"))
    return {name: unquote_plus(value) for name, _, value in pairs if value and name in _PARAMETERS}


def _clean(text: str | None, placeholders: frozenset[str]) -> str:
    if not text:
        return ""
    text = text.strip().lower()
    return "" if text in placeholders else text


def _host(url: str | None) -> str:
    if not url:
        return ""
    scheme, separator, rest = url.strip().partition("//")
    authority = (rest if separator else scheme).split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    host = authority.rpartition("@")[2].partition(":")[0].lower().rstrip(".")
    # A path alone ("/shop") and a word alone ("newsletter") name no host.
    return without_www(host) if "." in host else ""
