"""A bad argument of the receiver's command gets one line that names it, before anything is sent."""

import pytest

from sandbox.world.receiver import main


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--tenant", "nobody"], "unknown shop 'nobody'; simulated are kiritimati-shells, maison-lumiere"),
        (["--until", "soon"], "--until 'soon' is not ISO 8601"),
        (["--since", "then"], "--since 'then' is not ISO 8601"),
        (["--scale", "0"], "--scale 0.0 must be above 0"),
        (["--seed", "-1"], "--seed -1 not below 0"),
        (["--loss", "2"], "share lost=2.0 must lie in [0, 1]"),
        (["--later-accounts", "2"], "share 2.0 must lie in [0, 1]"),
    ],
)
def test_a_bad_argument_is_named(
    arguments: list[str], named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANALYTICS_INGEST_URL", "postgresql://analytics_ingest@127.0.0.1:1/nothing")
    whole = ["--tenant", "niue-honey", "--until", "2026-01-05T00:00:00Z", *arguments]
    assert main(whole) == 2
    assert named in capsys.readouterr().err


def test_without_the_ingest_url_it_says_where_that_comes_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ANALYTICS_INGEST_URL", raising=False)
    assert main(["--tenant", "niue-honey", "--until", "2026-01-05T00:00:00Z"]) == 2
    assert "ANALYTICS_INGEST_URL is not set; run: set -a; . .run/env" in capsys.readouterr().err
