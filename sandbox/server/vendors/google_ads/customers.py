"""Managers and the accounts below them, who may read what, and how many operations a day are left.

Source: source_apis.md B.2, B.3. Quirks: `operations_per_day` (15,000), `not_enabled` (ids that are closed),
`not_approved` (the Cloud project may not read production accounts).
"""

from datetime import timedelta

from sandbox.server.ad_platform import AdPlatform, Spent
from sandbox.server.house import House
from sandbox.server.refusal import refusing
from sandbox.server.surface import Call, Handler, Reply
from sandbox.server.tokens import GOOGLE, Token, demo_number
from sandbox.server.vendors.google_ads.envelope import LATEST, SCOPE, SUNSETS, failure, refused
from sandbox.world.ad_reports import AccountReports

_OPERATIONS_PER_DAY = 15_000


class Customers:
    """Accounts by id. A manager has accounts and no metrics."""

    def __init__(self, house: House) -> None:
        self.platform = AdPlatform(house, "google_ads")
        self._managers = {self.manager(slug): slug for slug in house.shops.slugs}
        self._spent = Spent(timedelta(days=1))

    def manager(self, slug: str) -> str:
        """Return the id of the shop's manager account."""
        return demo_number("google_ads", slug, "manager", 10)

    def of_shop(self, slug: str) -> list[str]:
        """Return the ids of the shop's own accounts."""
        return self.platform.owned_by(Token("google_ads", slug))

    def manages(self, customer: str) -> str | None:
        """Return the shop whose manager this is."""
        return self._managers.get(customer)

    def reports(self, customer: str) -> AccountReports:
        return self.platform.reports(customer)

    def serve(self, handler: Handler) -> Handler:
        """Return the handler behind version, token and scope."""

        def served(call: Call) -> Reply:
            _check_version(call)
            token = call.credential(call.bearer(), GOOGLE)
            if token is None or token.kind != "access":
                message = "Request had invalid authentication credentials."
                raise refused(call, "google_ads.B2.token", "authenticationError", "", message, bare=True)
            if not token.alive(call.now):
                raise refused(
                    call, "google_ads.B2.expired", "authenticationError", "OAUTH_TOKEN_EXPIRED", "The token expired."
                )
            if SCOPE not in token.scopes:
                raise refused(
                    call, "google_ads.B2.scope", "authorizationError", "USER_PERMISSION_DENIED", "Insufficient scopes."
                )
            if call.quirk("not_approved", False):
                call.did("rejected")
                name = "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION"
                return failure(call, 403, "authorizationError", name, "The project is not approved.")
            return handler(call)

        return refusing(served)

    def caller(self, call: Call) -> Token:
        """Return the token of a call that is served."""
        token = call.credential(call.bearer(), GOOGLE)
        assert token is not None, "serve() refuses it"  # noqa: S101
        return token

    def check_access(self, call: Call, customer: str) -> None:
        """Raise Refusal unless the caller may read the customer with the login-customer-id that was sent."""
        slug = self.caller(call).subject
        login = call.headers.get("login-customer-id")
        if not customer.isdecimal() or (login is not None and not login.isdecimal()):
            raise refused(
                call, "google_ads.B2.dashes", "requestError", "INVALID_CUSTOMER_ID", "Customer ids have no dashes."
            )
        own = [self.manager(slug), *self.of_shop(slug)]
        denied = "The caller does not have permission; set the manager's id as login-customer-id."
        if customer not in own:
            raise refused(call, "google_ads.B9.denied", "authorizationError", "USER_PERMISSION_DENIED", denied)
        if login is None and customer != self.manager(slug):
            raise refused(call, "google_ads.B2.login-customer", "authorizationError", "USER_PERMISSION_DENIED", denied)
        if login not in (None, self.manager(slug)):
            name = "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION"
            raise refused(call, "google_ads.B9.login-combination", "authorizationError", name, denied)
        if customer in call.quirk("not_enabled", []):
            message = "The customer account is not yet enabled or has been deactivated."
            raise refused(call, "", "authorizationError", "CUSTOMER_NOT_ENABLED", message)

    def spend_operation(self, call: Call) -> None:
        """Count one search of the Cloud project; raises Refusal above the day's operations."""
        if self._spent.spend("project", call.now) > int(call.quirk("operations_per_day", _OPERATIONS_PER_DAY)):
            message = "Too many requests. Retry in 86400 seconds."
            raise refused(
                call, "google_ads.B2.operations", "quotaError", "RESOURCE_EXHAUSTED", message, retry_delay="86400s"
            )

    def state(self) -> dict[str, int]:
        """Return how many operations the last 24 hours hold."""
        return {"operations_of_the_day": self._spent.most()}


def _check_version(call: Call) -> None:
    text = call.variables["version"]
    number = int(text[1:]) if text[:1] == "v" and text[1:].isdecimal() else 0
    if not min(SUNSETS) <= number <= LATEST or call.now.date() >= SUNSETS[number]:
        message = f"Version {text[:10]} is deprecated. Requests to this version will be blocked."
        raise refused(call, "google_ads.B1.version", "requestError", "UNSUPPORTED_VERSION", message)
