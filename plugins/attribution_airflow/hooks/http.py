"""The one way to a platform: an HttpHook that checks hosts, keeps quotas and gates, and tells nothing it was given.

HttpHook gives the place in Airflow and the connection; its own way of sending is not used: it raises by status before
anybody has read the vendor's code, follows redirects, puts a connection's extras into headers, opens a session per call
and logs addresses and bodies. Subclasses say how their vendor authenticates and classifies; what follows from a class
is include/platforms/retry.py.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Generic, NoReturn, TypeVar

import requests
from airflow.providers.http.hooks.http import HttpHook

from attribution_airflow.connections import allowed_platform_hosts, platform_connection
from attribution_airflow.hooks.crew import results_of
from attribution_airflow.hooks.transport import Limits, NoAnswer, checked_session, exchange
from include.clock import now as business_now
from include.errors import HostRefused, InvalidInput, PlatformRefused, PlatformWaits, TooMuchAsked
from include.platforms.client import Reply
from include.platforms.connections import Endpoint, PlatformConnection, credential_of
from include.platforms.hosts import Target, fault_of_address
from include.platforms.http_status import REDIRECT
from include.platforms.outcome import Classified, Outcome, Rule, classified
from include.platforms.request import PlatformRequest
from include.platforms.retry import LONGEST_SLEEP_SECONDS, Fail, Refresh, Retry, Shrink, Step, Wait, next_step
from include.storage.platform_state import PlatformState
from include.storage.rate_limit import Rate, delay_permits, take_permit
from include.storage.throttles import Throttle, clear_throttle, throttle_of, write_throttle

BUDGET_SECONDS = 20.0
"""A call sleeps at most this long in all before it gives up or becomes a row that waits."""

_RECHECK_SECONDS = 0.02
_SHORT_PAUSE_SECONDS = 60.0

Classify = Callable[[int, Mapping[str, str], bytes], Classified]
C = TypeVar("C", bound=PlatformConnection)


@dataclass(frozen=True, repr=False)
class Authorization:
    """What authenticates a request; version names the access token, by which a refused one is replaced."""

    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None


class PlatformHook(HttpHook, Generic[C]):
    """Asks one platform with one credential. Not for several threads at once; `send_each` uses its own.

    conn_id: an Airflow connection of this hook's type. state: what all workers share; None where nobody shares the
    credential, as in a benchmark. The rest is for tests.
    """

    conn_name_attr = "conn_id"
    connection_type: ClassVar[type[PlatformConnection]]
    rate: ClassVar[Rate | None] = None
    rate_of_app: ClassVar[bool] = False
    """Whether the vendor counts the rate per app: a deployment is one, whichever of its connections asks."""
    limits: ClassVar[Limits] = Limits()

    def __init__(
        self,
        conn_id: str,
        state: PlatformState | None,
        *,
        clock: Callable[[], datetime] = business_now,
        jitter: Callable[[], float] = random.random,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        connection = platform_connection(conn_id)
        if not isinstance(connection, self.connection_type):
            raise InvalidInput(
                f"connection {conn_id} has type {connection.conn_type}; its type must be {self.conn_type}"
            )
        super().__init__(http_conn_id=conn_id, tcp_keep_alive=False)
        self.connection: C = connection  # type: ignore[assignment]
        self.scope = f"{connection.conn_type}:{conn_id}"
        self._pace = connection.conn_type if self.rate_of_app else self.scope
        self.state = state
        self.clock = clock
        self._jitter = jitter
        self._sleep = sleep
        self._credential = credential_of(connection)
        self._allowed = allowed_platform_hosts()
        self._schemes = {
            (endpoint.where.host, endpoint.where.port): endpoint.where.scheme for endpoint in connection.endpoints
        }
        self._session = checked_session(self._check_address)
        self._seen_throttle: Throttle | None = None
        self._told_versions: set[str] = set()

    # What a vendor's subclass says

    @property
    def base(self) -> Endpoint:
        """Where requests go."""
        return self.connection.base

    def authorize(self, *, refused_version: int | None = None) -> Authorization:
        """Return what authenticates a request; with refused_version, another token than that one."""
        return Authorization()

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> Classified:
        """Return the class of an answer."""
        raise NotImplementedError

    def pause_after(self, headers: Mapping[str, str], body: bytes) -> float:
        """Return the seconds that the answer's usage figures ask to leave before the next call."""
        return 0.0

    def versions(self, headers: Mapping[str, str]) -> tuple[str, str | None] | None:
        """Return the API version asked for and the one that answered; None where the vendor does not tell."""
        return None

    # What jobs use

    def call(self, request: PlatformRequest, budget_seconds: float = BUDGET_SECONDS) -> Reply:
        """Return an answer that is OK, after as many tries as its class and the budget of sleep allow.

        Raises PlatformWaits (its row is written), TooMuchAsked, PlatformRefused or HostRefused.
        """
        seen: Counter[Outcome] = Counter()
        slept, refused, refreshed = 0.0, None, False
        while True:
            authorization = self.authorize(refused_version=refused)
            reply = self.send(request, authorization)
            if reply.classified.ok:
                return reply
            # Counted apart: two stumbles before a throttle do not make it the vendor's third.
            seen[reply.classified.outcome] += 1
            attempt = seen[reply.classified.outcome]
            step = self.step_after(reply, attempt, budget_seconds - slept, refreshed=refreshed)
            if isinstance(step, Retry):
                self._sleep(step.after_seconds)
                slept += step.after_seconds
            elif isinstance(step, Refresh):
                refused, refreshed = authorization.version, True
            else:
                self.end(reply, step)

    def send(self, request: PlatformRequest, authorization: Authorization | None = None) -> Reply:
        """Send once and return the classified answer, whatever it is.

        Raises PlatformWaits when a gate or the rate says "later", HostRefused for an address that is not allowed; in
        both cases nothing was sent.
        """
        allowed = authorization or self.authorize()
        self._pass_gate()
        if self._wait_for_permit(request.cost) > _RECHECK_SECONDS:
            self._pass_gate()
        return self._noted(request, self._ask(request, allowed))

    def send_each(
        self, requests: Sequence[PlatformRequest], *, at_once: int, going: Callable[[Reply], bool]
    ) -> Iterator[tuple[int, Reply]]:
        """Send each request once, so many at a time over pooled connections, and yield index and answer as they come.

        going: asked after each answer; once it says no, no further request is begun, and those under way are yielded.
        The gate is passed once, and permits are taken for all. Raises as `send`.
        """
        allowed = self.authorize()
        self._pass_gate()
        self._wait_for_permit(sum(request.cost for request in requests))
        ask = partial(self._ask, allowed=allowed)
        for index, reply in results_of(ask, requests, at_once, going):
            yield index, self._noted(requests[index], reply)

    def step_after(self, reply: Reply, attempt: int, budget_seconds: float, *, refreshed: bool = False) -> Step:
        """Return what follows from an answer that is not OK.

        attempt: answers of its class so far in this call; earlier throttles of the credential are added.
        """
        strikes = self._seen_throttle.strikes if self._seen_throttle is not None else 0
        if reply.classified.outcome is Outcome.THROTTLE:
            attempt += strikes
        return next_step(reply.classified, attempt, budget_seconds, self.clock(), self._jitter(), refreshed=refreshed)

    def end(self, reply: Reply, step: Step) -> NoReturn:
        """Raise what an answer comes to when it is not tried again here; a wait is written for all workers first."""
        one = reply.classified
        if isinstance(step, Wait):
            self.wait(step.not_before, str(one), paused=step.paused)
        if isinstance(step, Shrink):
            raise TooMuchAsked(f"{self.scope}: {one}")
        again = isinstance(step, Fail) and step.again_later
        raise PlatformRefused(f"{self.scope}: {one}", again_later=again, account_only=one.outcome is Outcome.ACCESS)

    def give_up(self, reply: Reply) -> NoReturn:
        """Raise what an answer that is not OK comes to when it is not tried again here, as `end` does."""
        self.end(reply, self.step_after(reply, 1, 0.0))

    def refuse_host(self, reply: Reply) -> None:
        """Raise HostRefused for a reply that the check of the host's address refused; not where the request is."""
        if reply.refused:
            raise HostRefused(reply.classified.reason)

    def wait(self, not_before: datetime, reason: str, *, paused: bool = False) -> NoReturn:
        """Let no worker use the credential before not_before (business time, UTC) and raise PlatformWaits."""
        if self.state is not None:
            not_before = write_throttle(self.state, self.scope, self._credential, not_before, reason, paused=paused)
        raise PlatformWaits(
            f"{self.scope} {'is paused' if paused else 'waits'} until {not_before:%Y-%m-%d %H:%M:%S} UTC: {reason}",
            not_before,
            paused=paused,
        )

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    # HttpHook's own ways of sending, which must not be used

    def get_conn(self, headers: Any = None, extra_options: Any = None) -> requests.Session:
        """Return the pooled, checked session; it carries no credential."""
        return self._session

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: it logs addresses and bodies and follows redirects."""
        raise NotImplementedError("use call or send: HttpHook.run logs addresses and bodies")

    def run_and_check(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse, as run."""
        raise NotImplementedError("use call or send: HttpHook.run_and_check logs addresses and bodies")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.http_conn_id})"

    def _ask(self, request: PlatformRequest, allowed: Authorization) -> Reply:
        content_type = {} if request.body is None else {"Content-Type": request.content_type}
        return self._exchange(
            request.method,
            self.base.url + request.path,
            self.classify,
            params={**request.params, **allowed.params},
            headers={**content_type, **request.headers, **allowed.headers},
            body=request.body,
        )

    def _noted(self, request: PlatformRequest, reply: Reply) -> Reply:
        self.refuse_host(reply)
        self.log.debug("%s %s: %s %s", request.method, request.path, reply.status, reply.classified)
        self._note(reply)
        return reply

    def _exchange(
        self,
        method: str,
        url: str,
        classify: Classify,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        request = requests.Request(method, url, headers=dict(headers), params=dict(params or {}), data=body)
        answer = exchange(self._session, request, self.limits)
        if isinstance(answer, NoAnswer):
            outcome = Outcome.CONFIG if answer.refused else Outcome.TRANSIENT
            return Reply(classified(Rule(outcome, answer.reason)), answer.received, refused=answer.refused)
        if 300 <= answer.status < 400:
            one = classified(REDIRECT, code=answer.status)
        else:
            one = classify(answer.status, answer.headers, answer.body)
        return Reply(one, "yes", answer.status, answer.headers, answer.body)

    def _check_address(self, address: str, host: str, port: int) -> str | None:
        where = Target(self._schemes.get((host, port), "https"), host, port)
        fault = fault_of_address(address, where, self._allowed)
        return f"connection {self.http_conn_id}: {fault}" if fault else None

    def _pass_gate(self) -> None:
        if self.state is None:
            return
        throttle = self._seen_throttle = throttle_of(self.state, self.scope, self._credential)
        if throttle is not None and self.clock() < throttle.not_before:
            raise PlatformWaits(
                f"{self.scope} waits until {throttle.not_before:%Y-%m-%d %H:%M:%S} UTC: {throttle.reason}",
                throttle.not_before,
                paused=throttle.paused,
            )

    def _wait_for_permit(self, cost: float) -> float:
        """Sleep until the rate has a permit and return how long that took, in seconds."""
        if self.state is None or self.rate is None or not cost:
            return 0.0
        begun = time.monotonic()
        too_far = take_permit(self.state, self._pace, self.rate, cost, most_seconds=LONGEST_SLEEP_SECONDS)
        if too_far is not None:
            not_before = self.clock() + timedelta(seconds=too_far)
            raise PlatformWaits(f"{self._pace} has no permit for {too_far:.0f} s: its rate is used up", not_before)
        return time.monotonic() - begun

    def _note(self, reply: Reply) -> None:
        """Keep for all workers what an answer says about the credential: good again, or to be used more slowly."""
        if reply.classified.ok and self._seen_throttle is not None and self.state is not None:
            clear_throttle(self.state, self.scope, self._credential, self.clock())
            self._seen_throttle = None
        self._note_version(reply)
        pause = self.pause_after(reply.headers, reply.body) if reply.classified.ok else 0.0
        if pause <= 0 or self.state is None:
            return
        if pause <= _SHORT_PAUSE_SECONDS:
            delay_permits(self.state, self._pace, pause)
        else:
            until = self.clock() + timedelta(seconds=pause)
            write_throttle(
                self.state, self.scope, self._credential, until, "throttle: limit is nearly used up", paused=False
            )

    def _note_version(self, reply: Reply) -> None:
        pair = self.versions(reply.headers)
        if pair is None or pair[1] is None or pair[0] == pair[1] or pair[1] in self._told_versions:
            return
        self._told_versions.add(pair[1])
        self.log.warning("%s: asked version %s, answered by %s; move api_version on", self.scope, *pair)
