"""Names that GA4 takes for events, parameters and user properties. Source: conversion_apis.md A4, A9."""

import re
from collections.abc import Iterator
from typing import Literal

from sandbox.server.finding import Finding, words

_SHAPE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PREFIXES = ("_", "firebase_", "ga_", "google_")
_RESERVED = {
    "event": words(
        "ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_clear_data app_exception app_install"
        " app_remove app_store_refund app_update app_upgrade dynamic_link_app_open dynamic_link_app_update"
        " dynamic_link_first_open error firebase_campaign firebase_in_app_message_action"
        " firebase_in_app_message_dismiss firebase_in_app_message_impression first_open first_visit"
        " notification_dismiss notification_foreground notification_open notification_receive notification_send"
        " os_update session_start user_engagement ad_impression in_app_purchase screen_view"
    ),
    "param": words("firebase_conversion"),
    "user-property": words("first_open_time first_visit_time last_deep_link_referrer user_id first_open_after_install"),
}
_PATH = {"event": "events.name", "param": "events.params", "user-property": "user_properties"}


def name_finding(kind: Literal["event", "param", "user-property"], name: str, longest: int = 40) -> Iterator[Finding]:
    """Yield what is wrong with a name; the vendor drops what it names: fatal for an event, which is dropped itself."""
    prefixes = () if kind == "event" else (*_PREFIXES, "gtag.") if kind == "param" else _PREFIXES
    if name in _RESERVED[kind] or name.startswith(prefixes or ("\0",)):
        yield Finding(f"ga4.A9.{kind}", _PATH[kind], kind == "event", word="NAME_RESERVED")
    elif not _SHAPE.fullmatch(name) or len(name) > longest:
        yield Finding(f"ga4.A4.{kind}-name", _PATH[kind], kind == "event", word="NAME_INVALID")
