"""Which campaign a touch came from: by id, by exact name, by a tenant's rule, or by nothing."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.spend.matching import Bearer, Clue, Directory, Entity, Match, Rule

META, GOOGLE, TIKTOK = "120211112222333344", "21234567890", "1812345678901234"
ADSET, AD = "120299998888777766", "120255556666777788"
ENTITIES = (
    Entity("meta", "7", META, META),
    Entity("meta", "7", ADSET, META, ADSET),
    Entity("meta", "7", AD, META, ADSET, AD),
    Entity("google_ads", "8", GOOGLE, GOOGLE),
    Entity("tiktok", "9", TIKTOK, TIKTOK),
)
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
NAMES = (
    Bearer("meta", "7", META, "Spring | Broad", MAY, JUNE),
    Bearer("google_ads", "8", GOOGLE, "Search | Brand", MAY, JUNE),
)


def found(clue: Clue, *rules: Rule, bearers: tuple[Bearer, ...] = NAMES) -> list[Match]:
    return Directory(ENTITIES, bearers, rules).matches(clue)


def only(clue: Clue, *rules: Rule) -> tuple[str, str]:
    (match,) = found(clue, *rules)
    return match.kind, match.campaign_id


@pytest.mark.parametrize(
    ("parameters", "campaign"),
    [
        ((("utm_id", META),), META),
        ((("campaign_id", TIKTOK),), TIKTOK),
        ((("campaignid", GOOGLE),), GOOGLE),
        ((("gad_campaignid", GOOGLE),), GOOGLE),
        ((("hsa_cam", GOOGLE),), GOOGLE),
        ((("utm_campaign", GOOGLE),), GOOGLE),
        ((("UTM_ID", META),), META),
        ((("utm_content", AD),), META),
        ((("ad_id", AD), ("adset_id", ADSET)), META),
    ],
)
def test_an_id_that_the_platform_named_decides_whichever_parameter_carries_it(
    parameters: tuple[tuple[str, str], ...], campaign: str
) -> None:
    assert only(Clue(parameters=parameters)) == ("utm_id", campaign)
    assert only(Clue(source="klaviyo", medium="email", parameters=parameters)) == ("utm_id", campaign)


def test_the_ids_above_an_ad_are_filled_and_the_id_that_said_so_is_kept() -> None:
    (match,) = found(Clue(utm_id=META, parameters=(("ad_id", AD),)))
    assert (match.pattern, match.campaign_id, match.adgroup_id, match.ad_id) == (AD, META, ADSET, AD)
    (match,) = found(Clue(utm_id=META))
    assert (match.pattern, match.adgroup_id, match.ad_id) == (META, None, None)


@pytest.mark.parametrize(
    "clue",
    [
        Clue(),
        Clue(utm_id="999999999999"),
        # A macro that nobody expanded, a parameter that is no id, a part of an id.
        Clue(parameters=(("utm_id", "%7B%7Bcampaign.id%7D%7D"),)),
        Clue(utm_id="__CAMPAIGN_ID__"),
        Clue(parameters=(("variant", GOOGLE),)),
        Clue(utm_id=f"{GOOGLE}-a"),
        # Two campaigns at once, and an id of another platform than the click's.
        Clue(utm_id=META, parameters=(("campaign_id", TIKTOK),)),
        Clue(click_platform="tiktok", utm_id=META),
    ],
)
def test_what_proves_nothing_is_unmatched(clue: Clue) -> None:
    assert found(clue) == []


@pytest.mark.parametrize(
    "clue",
    [
        Clue(campaign="Spring | Broad", click_platform="meta"),
        Clue(campaign=" Spring | Broad ", source="Instagram", medium="paid_social"),
        Clue(source="fb", medium="cpc", parameters=(("utm_campaign", "Spring+%7C+Broad"),)),
        # An id that is not known leaves the name to decide.
        Clue(campaign="Spring | Broad", click_platform="meta", utm_id="999999999999"),
    ],
)
def test_the_exact_name_decides_for_touches_of_the_platform(clue: Clue) -> None:
    assert only(clue) == ("name", META)


@pytest.mark.parametrize(
    "clue",
    [
        Clue(campaign="spring | broad", click_platform="meta"),
        Clue(campaign="Spring", click_platform="meta"),
        Clue(campaign="Spring | Broad"),
        # A newsletter and a post that are named like the campaign.
        Clue(campaign="Spring | Broad", source="klaviyo", medium="email"),
        Clue(campaign="Spring | Broad", source="facebook", medium="social"),
        Clue(campaign="Spring | Broad", click_platform="google_ads"),
    ],
)
def test_another_name_or_another_sender_is_unmatched(clue: Clue) -> None:
    assert found(clue) == []


def test_a_name_goes_over_to_the_campaign_that_spends_next_from_its_first_day_on() -> None:
    next_one = Bearer("meta", "7", "5", "Spring | Broad", date(2026, 6, 2), date(2026, 7, 1))
    clue = Clue(campaign="Spring | Broad", click_platform="meta")
    matches = found(clue, bearers=(next_one, *NAMES))
    assert [(one.campaign_id, one.valid_from) for one in matches] == [(META, None), ("5", date(2026, 6, 2))]


def test_a_name_that_two_campaigns_bear_at_the_same_time_is_no_answer() -> None:
    twin = Bearer("meta", "77", "5", "Spring | Broad", JUNE, date(2026, 7, 1))
    assert found(Clue(campaign="Spring | Broad", click_platform="meta"), bearers=(*NAMES, twin)) == []
    elsewhere = Bearer("tiktok", "9", "5", "Spring | Broad", JUNE, date(2026, 7, 1))
    assert found(Clue(campaign="Spring | Broad", click_platform="meta"), bearers=(*NAMES, elsewhere)) != []


def rule(name: str = "old-tags", valid_from: date | None = None, **conditions: str) -> Rule:
    return Rule(name, "tiktok", "9", TIKTOK, conditions, valid_from)


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({"campaign": "TT-.*"}, True),
        ({"campaign": "tt"}, False),
        ({"campaign": "tt-.*", "source": "tik"}, False),
        ({"source": "tiktok", "medium": ".*", "landing_page": ".*/sale.*"}, True),
        ({"referrer": ".+"}, False),
    ],
)
def test_a_rule_matches_whole_fields_ignoring_case(conditions: dict[str, str], fits: bool) -> None:
    clue = Clue(source="TikTok", campaign="tt-summer", landing_page="https://a.example/sale?x=1")
    assert bool(found(clue, rule(**conditions))) is fits


def test_id_beats_name_and_name_beats_rule() -> None:
    every = rule(source=".*")
    assert only(Clue(utm_id=META, campaign="Search | Brand", source="google", medium="cpc"), every)[0] == "utm_id"
    assert only(Clue(campaign="Search | Brand", source="google", medium="cpc"), every)[0] == "name"
    assert only(Clue(campaign="unknown", source="google", medium="cpc"), every)[0] == "rule"


def test_the_first_rule_that_fits_decides_from_its_day_on_and_the_days_before_are_left_to_the_next() -> None:
    from_june = Rule("june", "meta", "7", META, {"campaign": "x"}, JUNE)
    always = rule("always", campaign="x")
    matches = found(Clue(campaign="x"), from_june, always)
    assert [(one.campaign_id, one.valid_from) for one in matches] == [(TIKTOK, None), (META, JUNE)]
    assert [one.campaign_id for one in found(Clue(campaign="x"), always, from_june)] == [TIKTOK]


words = st.none() | st.sampled_from(["", "meta", "cpc", "Spring | Broad", META, GOOGLE, AD, "{campaignid}", "é%zz+"])
clues: Any = st.builds(
    Clue,
    click_platform=st.sampled_from([None, "meta", "google_ads", "tiktok"]),
    source=words,
    medium=words,
    campaign=words,
    content=words,
    term=words,
    utm_id=words,
    parameters=st.lists(
        st.tuples(st.sampled_from(["utm_id", "utm_campaign", "ad_id", "x"]), st.text(max_size=8) | words.map(str)),
        max_size=3,
    ).map(tuple),
)


@given(clues)
def test_a_match_never_contradicts_the_click_and_days_ascend(clue: Clue) -> None:
    matches = found(clue, rule("r", JUNE, campaign=".*x.*"))
    days = [one.valid_from or date.min for one in matches]
    assert days == sorted(set(days))
    assert all(one.kind == "rule" or clue.click_platform in (None, one.platform) for one in matches), (
        "a click id was contradicted"
    )
    assert all(one.kind != "utm_id" or len(matches) == 1 for one in matches)
