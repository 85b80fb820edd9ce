"""What a conversation does with a part of an account that a credential may not see."""

from types import SimpleNamespace
from typing import Any

import pytest

from include.errors import PlatformRefused
from include.jobs.spend_conversation import Conversation
from include.platforms.request import PlatformRequest
from include.spend.report import IfAllowed

ASK = IfAllowed(PlatformRequest("GET", "/stores/"), "stores are not read; allow it")


def talk_of(error: Exception | None) -> Conversation:
    def call(request: PlatformRequest) -> str:
        if error is not None:
            raise error
        return "answer"

    return Conversation(SimpleNamespace(call=call))  # type: ignore[arg-type]


def asking() -> Any:
    found = yield ASK
    yield ASK
    return found


def test_what_is_refused_for_good_is_left_out_and_told_once() -> None:
    talk = talk_of(PlatformRefused("access 40001", account_only=True))
    assert talk.hold(asking()) is None
    assert list(talk.notices) == ["stores are not read; allow it (access 40001)"]


def test_what_is_allowed_is_answered_and_nobody_is_told() -> None:
    talk = talk_of(None)
    assert talk.hold(asking()) == "answer"
    assert not talk.notices


def test_a_stumble_is_not_taken_for_a_refusal() -> None:
    with pytest.raises(PlatformRefused):
        talk_of(PlatformRefused("transient 51001", again_later=True)).hold(asking())
