"""The ad accounts of one platform: who owns them, what they report at the virtual clock, how often they were asked."""

import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from sandbox.server.house import House, Shops
from sandbox.server.tokens import Token
from sandbox.world.ad_reports import AccountReports
from sandbox.world.shop import AccountProfile, Platform


class AdPlatform:
    """Accounts by id; their worlds are made when first asked for."""

    def __init__(self, house: House, platform: Platform) -> None:
        self._shops = house.shops
        self._owners: dict[str, tuple[str, AccountProfile]] = {
            account.account_id: (slug, account)
            for slug in house.shops.slugs
            for account in house.shops.profile(slug).accounts
            if account.platform == platform
        }

    def owned_by(self, token: Token) -> list[str]:
        """Return the ids of the accounts that a shop's token may read."""
        return [number for number, (slug, _) in self._owners.items() if slug == token.subject]

    def exists(self, account_id: str) -> bool:
        return account_id in self._owners

    def reports(self, account_id: str) -> AccountReports:
        """Return the reports of an account that exists."""
        slug, profile = self._owners[account_id]
        return _reports(self._shops, slug, profile.account_id)


@dataclass
class Spent:
    """Calls counted per key within a span that slides: of virtual time, or of real time if no longer than a minute."""

    span: timedelta
    _at: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def spend(self, key: str, now: datetime) -> int:
        """Count a call and return how many the span holds with it."""
        # The virtual clock stands still: a rate per second or minute can be kept by real time only.
        at = time.monotonic() if self.span <= timedelta(minutes=1) else now.timestamp()
        calls = self._at[key]
        while calls and calls[0] <= at - self.span.total_seconds():
            calls.popleft()
        calls.append(at)
        return len(calls)

    def most(self) -> int:
        """Return the largest number of calls that any key's span held when it was last counted."""
        return max((len(calls) for calls in self._at.values()), default=0)


# Kept over resets, as the worlds are: the reports of an instant are the same in every test.
@lru_cache(maxsize=64)
def _reports(shops: Shops, slug: str, account_id: str) -> AccountReports:
    profile = next(one for one in shops.profile(slug).accounts if one.account_id == account_id)
    return AccountReports(shops.world(slug), profile)
