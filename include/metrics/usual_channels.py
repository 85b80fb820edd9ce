"""The channel that an ad platform's spend belongs to on a day on which no touch of its campaign says so.

GA4's default channel groups (https://support.google.com/analytics/answer/9756891), as include/attribution/channels.py
gives them to touches.
"""

from collections.abc import Mapping

USUAL_CHANNELS: Mapping[tuple[str, str], str] = {
    ("meta", ""): "Paid Social",
    ("tiktok", ""): "Paid Social",
    ("google_ads", ""): "Paid Search",
    ("google_ads", "shopping"): "Paid Shopping",
    ("google_ads", "performance_max"): "Cross-network",
    ("google_ads", "multi_channel"): "Cross-network",
    ("google_ads", "video"): "Paid Video",
    ("google_ads", "demand_gen"): "Paid Video",
    ("google_ads", "display"): "Display",
}
"""(platform, kind of campaign in lower case, empty for any other) -> channel."""


def usual_channel_arrays() -> dict[str, list[str]]:
    """Return the mapping as the parallel arrays that the statements about campaigns are bound to."""
    return {
        "usual_platforms": [platform for platform, _ in USUAL_CHANNELS],
        "usual_families": [family for _, family in USUAL_CHANNELS],
        "usual_channels": list(USUAL_CHANNELS.values()),
    }
