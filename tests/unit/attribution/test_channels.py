"""Channel grouping, rule by rule: GA4's table, click ids, referrers, landing pages and tenants' own rules."""

import csv
import re
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.attribution.channel_sources import category_of
from include.attribution.channels import DEFAULT_CHANNELS, ChannelInput, exposure_key, group_channel
from include.errors import InvalidInput
from include.tenants.settings import ChannelOverride


def channel_of(**touch: str | None) -> str:
    return group_channel(ChannelInput(**touch)).channel


@pytest.mark.parametrize(
    ("source", "medium", "campaign", "channel"),
    [
        ("(direct)", "(none)", None, "Direct"),
        ("(direct)", "(not set)", "(not set)", "Direct"),
        (None, None, None, "Direct"),
        ("google", "cpc", "Cross-network | brand", "Cross-network"),
        ("ebay", "cpc", None, "Paid Shopping"),
        ("google", "cpc", "Shopping - shoes", "Paid Shopping"),
        ("google", "cpc", "Autumn shop", "Paid Shopping"),
        ("google", "cpc", "eshop", "Paid Shopping"),
        ("google", "cpc", "workshop tickets", "Paid Search"),
        ("google", "cpc", None, "Paid Search"),
        ("bing", "ppc", None, "Paid Search"),
        ("google", "retargeting", None, "Paid Search"),
        ("google", "cpm", None, "Paid Search"),
        ("facebook", "paid_social", None, "Paid Social"),
        ("ig", "cpm", None, "Paid Social"),
        ("tiktok", "cpc", None, "Paid Social"),
        ("facebook", "social_paid", None, "Organic Social"),
        ("youtube", "cpv", None, "Paid Video"),
        ("youtube", "cpc", None, "Paid Video"),
        ("adnetwork", "display", None, "Display"),
        ("adnetwork", "banner", None, "Display"),
        ("adnetwork", "expandable", None, "Display"),
        ("adnetwork", "interstitial", None, "Display"),
        ("adnetwork", "cpm", None, "Display"),
        ("google", "display", None, "Display"),
        ("adnetwork", "cpc", None, "Paid Other"),
        ("perplexity", "paid", None, "Paid Other"),
        ("chatgpt.com", "ai-assistant", "(ai-assistant)", "AI Assistant"),
        ("chatgpt.com", None, None, "AI Assistant"),
        ("claude.ai", "referral", None, "AI Assistant"),
        ("claude", "email", None, "Email"),
        ("amazon.de", "referral", None, "Organic Shopping"),
        ("newsletter", "email", "winter shopping", "Organic Shopping"),
        ("facebook", "referral", None, "Organic Social"),
        ("bakery-blog", "social-media", None, "Organic Social"),
        ("bakery-blog", "sm", None, "Organic Social"),
        ("youtube.com", "referral", None, "Organic Video"),
        ("partner", "in-video-link", None, "Organic Video"),
        ("google", "organic", None, "Organic Search"),
        ("google", None, None, "Organic Search"),
        ("unheard-of", "organic", None, "Organic Search"),
        ("blog.example", "referral", None, "Referral"),
        ("ourapp", "app", None, "Referral"),
        ("ourapp", "link", None, "Referral"),
        ("klaviyo", "email", None, "Email"),
        ("klaviyo", "e-mail", None, "Email"),
        ("e mail", None, None, "Email"),
        ("email", "referral", None, "Referral"),
        ("email", "affiliate", None, "Email"),
        ("partners", "affiliate", None, "Affiliates"),
        ("podcast", "audio", None, "Audio"),
        ("sms", "reminder", None, "SMS"),
        ("attentive", "sms", None, "SMS"),
        ("braze", "web-push", None, "Mobile Push Notifications"),
        ("braze", "mobile_inbox", None, "Mobile Push Notifications"),
        ("braze", "app_notification", None, "Mobile Push Notifications"),
        ("firebase", None, None, "Mobile Push Notifications"),
        ("klaviyo", "flow", None, "Unassigned"),
        (None, None, "summer", "Unassigned"),
    ],
)
def test_source_medium_and_campaign_give_the_channel_of_googles_table(
    source: str | None, medium: str | None, campaign: str | None, channel: str
) -> None:
    assert channel_of(source=source, medium=medium, campaign=campaign) == channel


def test_case_and_surrounding_blanks_do_not_change_the_channel() -> None:
    assert channel_of(source=" Facebook ", medium="Paid_Social") == "Paid Social"


@pytest.mark.parametrize("click_id", ["gclid", "gbraid", "wbraid"])
def test_a_click_id_of_google_without_a_medium_is_paid_search(click_id: str) -> None:
    assert channel_of(**{click_id: "x"}) == "Paid Search"
    assert channel_of(**{click_id: "x"}, source="newsletter") == "Paid Search"


def test_a_medium_beside_a_click_id_says_what_kind_of_ad_it_was() -> None:
    assert channel_of(gclid="x", medium="display") == "Display"
    assert channel_of(gclid="x", source="youtube", medium="cpc") == "Paid Video"


def test_a_medium_without_a_source_takes_the_platform_of_the_click_id() -> None:
    assert channel_of(gclid="x", medium="cpc") == "Paid Search"
    assert channel_of(ttclid="x", medium="cpc") == "Paid Social"
    assert channel_of(fbclid="x", medium="cpc") == "Paid Social"


def test_a_click_id_of_google_with_a_cross_network_campaign_is_cross_network() -> None:
    assert channel_of(gclid="x", campaign="cross-network winter") == "Cross-network"


def test_a_click_id_of_tiktok_alone_is_paid_social() -> None:
    assert channel_of(ttclid="x") == "Paid Social"


def test_fbclid_alone_is_organic_social_because_meta_adds_it_to_unpaid_links_too() -> None:
    assert channel_of(fbclid="x") == "Organic Social"
    assert channel_of(fbclid="x", referrer="https://l.facebook.com/l.php?u=y") == "Organic Social"


def test_fbclid_leaves_the_advertisers_tags_as_they_are() -> None:
    assert channel_of(fbclid="x", source="facebook", medium="paid") == "Paid Social"
    assert channel_of(fbclid="x", source="klaviyo", medium="email") == "Email"


@pytest.mark.parametrize(
    ("referrer", "channel"),
    [
        ("https://www.google.com/", "Organic Search"),
        ("https://www.google.co.uk/search?q=tents", "Organic Search"),
        ("google.co.jp", "Organic Search"),
        ("https://uk.search.yahoo.com/search", "Organic Search"),
        ("android-app://com.google.android.googlequicksearchbox/", "Organic Search"),
        ("https://support.google.com/answer", "Referral"),
        ("https://notgoogle.com/", "Referral"),
        ("https://m.facebook.com/", "Organic Social"),
        ("https://t.co/abc", "Organic Social"),
        ("https://www.quora.com/q", "Organic Social"),
        ("https://old.reddit.com/r/tents", "Organic Social"),
        ("https://YouTube.com:443/watch?v=1", "Organic Video"),
        ("https://www.amazon.co.jp/dp/1", "Organic Shopping"),
        ("https://gemini.google.com/app", "AI Assistant"),
        ("https://chatgpt.com/", "AI Assistant"),
        ("https://www.perplexity.ai/search", "AI Assistant"),
        ("https://user:pw@blog.example/post", "Referral"),
        ("/another/page", "Direct"),
        ("not a url", "Direct"),
    ],
)
def test_the_referrers_host_gives_the_channel_of_an_untagged_touch(referrer: str, channel: str) -> None:
    assert channel_of(referrer=referrer) == channel


def test_tags_win_over_the_referrer() -> None:
    assert channel_of(source="klaviyo", medium="email", referrer="https://www.google.com/") == "Email"


def test_placeholders_of_google_analytics_do_not_hide_the_referrer() -> None:
    assert channel_of(source="(not set)", medium="(not set)", referrer="https://www.google.com/") == "Organic Search"


def test_a_referrer_on_the_shops_own_host_is_direct() -> None:
    touch = {"referrer": "https://www.shop.example/cart", "landing_page": "https://shop.example/products"}
    assert channel_of(**touch) == "Direct"


def test_tags_and_click_ids_are_read_from_the_landing_page_when_the_columns_are_empty() -> None:
    page = "https://shop.example/?utm_source=klaviyo&utm_medium=email&utm_campaign=w%202#top"
    assert channel_of(landing_page=page) == "Email"
    assert channel_of(landing_page="/products?gclid=abc") == "Paid Search"
    assert channel_of(landing_page="/products?ttclid=abc") == "Paid Social"
    assert channel_of(landing_page="/products?fbclid=abc") == "Organic Social"
    assert channel_of(landing_page="/products?variant=7") == "Direct"
    assert channel_of(landing_page="/products?gclid=") == "Direct"
    assert channel_of(landing_page="/products#reviews?gclid=abc") == "Direct"


def test_columns_win_over_the_landing_pages_tags() -> None:
    page = "/?utm_source=klaviyo&utm_medium=email"
    assert channel_of(source="google", medium="cpc", landing_page=page) == "Paid Search"


@pytest.mark.parametrize(
    ("touch", "rule"),
    [
        ({"source": "google", "medium": "cpc"}, "paid_search:tags"),
        ({"gbraid": "x"}, "paid_search:gbraid"),
        ({"fbclid": "x"}, "organic_social:fbclid"),
        ({"landing_page": "/?utm_medium=email"}, "email:landing_page"),
        ({"referrer": "https://bing.com/"}, "organic_search:referrer"),
        ({}, "direct:none"),
    ],
)
def test_the_rule_says_which_group_matched_on_what_evidence(touch: dict[str, str], rule: str) -> None:
    assert group_channel(ChannelInput(**touch)).rule == rule


@given(st.builds(ChannelInput, *[st.none() | st.text(max_size=30)] * 10))
def test_any_text_at_all_gets_one_of_the_default_channels(touch: ChannelInput) -> None:
    assert group_channel(touch).channel in DEFAULT_CHANNELS


def test_the_first_override_that_matches_wins_over_googles_groups() -> None:
    overrides = [
        ChannelOverride(channel="Newsletter", when={"medium": "email", "source": "klaviyo|mailchimp"}),
        ChannelOverride(channel="Mail", when={"medium": "email"}),
    ]
    match = group_channel(ChannelInput(source="Klaviyo", medium="email"), overrides)
    assert (match.channel, match.rule) == ("Newsletter", "override_1:tags")
    assert group_channel(ChannelInput(source="crm", medium="Email"), overrides).channel == "Mail"
    assert group_channel(ChannelInput(source="google", medium="organic"), overrides).channel == "Organic Search"


def test_an_overrides_expression_must_match_the_whole_field() -> None:
    overrides = [ChannelOverride(channel="Newsletter", when={"source": "news"})]
    assert group_channel(ChannelInput(source="newsroom", medium="email"), overrides).channel == "Email"


@pytest.mark.parametrize(
    ("field_name", "expression", "touch"),
    [
        ("source", "Google", {"gclid": "x"}),
        ("campaign", "pmax .*", {"source": "google", "medium": "cpc", "campaign": "PMax winter"}),
        ("referrer", r"https://(www\.)?paypal\.com/.*", {"referrer": "https://www.paypal.com/checkout"}),
        ("landing_page", r".*/LP/Radio.*", {"landing_page": "https://shop.example/lp/radio"}),
        ("medium", "", {"source": "(direct)", "medium": "(none)"}),
    ],
)
def test_an_override_sees_every_field_ignoring_case(field_name: str, expression: str, touch: dict[str, str]) -> None:
    overrides = [ChannelOverride(channel="Own", when={field_name: expression})]
    assert group_channel(ChannelInput(**touch), overrides).channel == "Own"


@dataclass(frozen=True)
class Rule:
    channel: str = "Own"
    when: dict[str, str] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Rule(when={"source": "("}), r"channel_overrides\[0\]\.when\.source: '\(' is not a regular expression"),
        (Rule(when={"sauce": "x"}), r"channel_overrides\[0\]\.when\.sauce is not a field; use one of source"),
        (Rule(when={}), r"channel_overrides\[0\]\.when is empty"),
        (Rule(channel=" ", when={"source": "x"}), r"channel_overrides\[0\]\.channel is empty"),
        (Rule(channel="(unattributed)", when={"source": "x"}), r"channel_overrides\[0\]\.channel: \(unattributed\)"),
    ],
)
def test_an_unusable_override_is_refused_by_name(rule: Rule, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        group_channel(ChannelInput(), [rule])


def test_equal_channel_and_campaign_have_one_exposure_key_and_others_another() -> None:
    key = exposure_key("Paid Social", "Winter")
    assert key == exposure_key("Paid Social", " winter ")
    assert key not in {
        exposure_key("Paid Social", "Summer"),
        exposure_key("Email", "Winter"),
        exposure_key("Winter", ""),
    }
    assert exposure_key("Direct", None) == exposure_key("Direct", "") == exposure_key("Direct", "(not set)")


def test_an_outside_referrer_or_a_click_id_wins_over_a_column_that_says_direct() -> None:
    assert channel_of(source="(direct)", medium="(none)", gclid="x") == "Paid Search"
    assert channel_of(source="(direct)", medium="(none)", referrer="https://blog.example/") == "Referral"


def test_every_test_that_the_document_names_is_here() -> None:
    here = Path(__file__)
    document = here.parents[3].joinpath("docs", "channels.md").read_text("utf-8")
    named = set(re.findall(r"`(test_\w+)`", document))
    assert named
    assert named <= set(re.findall(r"def (test_\w+)\(", here.read_text("utf-8")))


def test_an_exposure_key_is_the_same_on_every_machine_and_fits_a_bigint() -> None:
    assert exposure_key("Email", "welcome") == 2393078192162862999
    assert 0 < exposure_key("Email", "welcome") < 2**63


def test_the_list_of_sources_is_sorted_names_each_once_and_knows_only_the_five_categories() -> None:
    text = resources.files("include.attribution").joinpath("channel_sources.csv").read_text("utf-8")
    lines = [(line["category"], line["match"], line["pattern"]) for line in csv.DictReader(text.splitlines())]
    assert lines == sorted(lines)
    assert {category for category, _, _ in lines} == {"ai", "search", "shopping", "social", "video"}
    assert {match for _, match, _ in lines} == {"name", "host", "domain"}
    assert len({(match, pattern) for _, match, pattern in lines}) == len(lines)
    assert all(pattern == pattern.strip().lower() for _, _, pattern in lines)


def test_a_domain_covers_the_hosts_below_it_and_a_host_only_itself() -> None:
    assert category_of("l.facebook.com") == "social"
    assert category_of("google.de") == category_of("www.google.com.br") == "search"
    assert category_of("mail.google.com") is None
    assert category_of("myfacebook.com") is None
