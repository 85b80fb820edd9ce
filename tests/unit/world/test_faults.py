"""Each fault does what it says, to its share, and leaves the rest as it was."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from include.errors import InvalidInput
from sandbox.world import World
from sandbox.world.faults import Faults, damages, disturbed
from sandbox.world.profiles import DEMO_NOW
from sandbox.world.webhooks import Delivery, deliveries

SEED = 11


@pytest.fixture(scope="module")
def sent(world: World) -> list[Delivery]:
    return list(deliveries(world, DEMO_NOW - timedelta(days=30), DEMO_NOW))


def _keys(arrived: list[Delivery]) -> list[tuple[str, str]]:
    return [(one.topic, one.webhook_id) for one in arrived]


def test_without_faults_everything_arrives_as_it_was_sent(sent: list[Delivery]) -> None:
    assert list(disturbed(sent, Faults(), SEED)) == sent


def test_the_same_seed_disturbs_alike_and_another_seed_otherwise(sent: list[Delivery]) -> None:
    faults = Faults(redelivered=0.1, sent_twice=0.1, lost=0.05, malformed=0.05, late=timedelta(days=1))
    once = list(disturbed(sent, faults, SEED))
    assert list(disturbed(iter(sent), faults, SEED)) == once
    assert list(disturbed(sent, faults, SEED + 1)) != once


def test_a_redelivery_repeats_id_and_bytes_within_four_hours(sent: list[Delivery]) -> None:
    arrived = list(disturbed(sent, Faults(redelivered=0.1), SEED))
    first: dict[tuple[str, str], Delivery] = {}
    again = 0
    for one in arrived:
        known = first.setdefault((one.topic, one.webhook_id), one)
        if known is not one:
            again += 1
            assert (known.payload, known.event_id) == (one.payload, one.event_id)
            assert timedelta(0) <= one.received_at - known.received_at < timedelta(hours=4)
    assert set(first) == set(_keys(sent))
    assert 0.07 * len(sent) < again < 0.13 * len(sent)


def test_a_webhook_sent_twice_has_two_ids_and_one_event(sent: list[Delivery]) -> None:
    arrived = list(disturbed(sent, Faults(sent_twice=0.1), SEED))
    assert len(set(_keys(arrived))) == len(arrived)
    events = Counter((one.topic, one.event_id, one.payload) for one in arrived)
    assert set(events.values()) == {1, 2}
    assert 0.07 * len(sent) < len(arrived) - len(sent) < 0.13 * len(sent)


def test_what_is_lost_never_arrives_and_a_higher_share_loses_more_of_the_same(sent: list[Delivery]) -> None:
    some, more = (set(_keys(list(disturbed(sent, Faults(lost=share), SEED)))) for share in (0.05, 0.2))
    assert 0.03 * len(sent) < len(sent) - len(some) < 0.07 * len(sent)
    assert more < some < set(_keys(sent))


def test_other_faults_do_not_change_what_is_lost(sent: list[Delivery]) -> None:
    alone = {one.event_id for one in disturbed(sent, Faults(lost=0.2), SEED)}
    faults = Faults(lost=0.2, redelivered=0.5, sent_twice=0.5, late=timedelta(hours=9))
    assert {one.event_id for one in disturbed(sent, faults, SEED)} == alone


def test_lateness_reorders_the_same_webhooks(sent: list[Delivery]) -> None:
    arrived = list(disturbed(sent, Faults(late=timedelta(days=1)), SEED))
    assert sorted(_keys(arrived)) == sorted(_keys(sent))
    assert _keys(arrived) != _keys(sent)
    assert [one.received_at for one in arrived] == sorted(one.received_at for one in arrived)
    due = {(one.topic, one.webhook_id): one for one in sent}
    delays = [one.received_at - due[one.topic, one.webhook_id].received_at for one in arrived]
    assert all(timedelta(0) <= delay < timedelta(days=1) for delay in delays)
    assert sorted(delays)[len(delays) // 2] < timedelta(hours=2)
    newest: dict[int, str] = {}
    stale = 0
    for one in arrived:
        if one.topic in ("orders/create", "orders/updated"):
            body = json.loads(one.payload)
            stale += newest.get(body["id"], "") > body["updated_at"]
            newest[body["id"]] = max(newest.get(body["id"], ""), body["updated_at"])
    assert stale > 0


def test_damaged_webhooks_keep_their_id_and_every_damage_occurs(sent: list[Delivery]) -> None:
    arrived = list(disturbed(sent, Faults(malformed=0.1), SEED))
    pairs = list(zip(sent, arrived, strict=True))
    assert all(one.webhook_id == other.webhook_id for one, other in pairs)
    damaged = [(one, other) for one, other in pairs if one != other]
    assert 0.07 * len(sent) < len(damaged) < 0.13 * len(sent)
    for damage in damages:
        assert any(damage(one) == other for one, other in damaged)


@pytest.mark.parametrize("damage", damages)
def test_a_damage_leaves_nothing_that_looks_whole(damage, sent: list[Delivery]) -> None:  # type: ignore[no-untyped-def]
    for topic in {one.topic for one in sent}:
        one = next(one for one in sent if one.topic == topic)
        assert _whole(one)
        assert not _whole(damage(one))


def _whole(one: Delivery) -> bool:
    try:
        body = json.loads(one.payload)
    except ValueError:
        return False
    if not isinstance(body, dict) or one.topic == "orders/exploded":
        return False
    body = body.get("order_edit", body)
    named = [body.get(name) for name in ("id", "order_id") if name in body]
    dated = [body[name] for name in ("created_at", "committed_at") if name in body]
    return any(isinstance(one, int) for one in named) and any(stamp[:4] == "2026" for stamp in dated)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"lost": 1.5}, "share lost=1.5"), ({"malformed": -0.1}, "share malformed"), ({"late": timedelta(-1)}, "late=")],
)
def test_a_share_outside_zero_to_one_is_refused(wrong: dict[str, float], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        Faults(**wrong)
