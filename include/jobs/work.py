"""What a batch is made of: a tenant, or one ad account of a tenant. Pure."""

from dataclasses import dataclass, replace

from include.jobs.request import JobRequest

ACCOUNT = "account"
"""Option of a JobRequest that names the ad account, by its id, that the work is about."""


@dataclass(frozen=True)
class Work:
    """account: the platform's account id; None where a job works the tenant as a whole."""

    slug: str
    account: str | None = None

    def __str__(self) -> str:
        return self.slug if self.account is None else f"{self.slug}/{self.account}"

    def of(self, request: JobRequest) -> JobRequest:
        """Return the run's request as this work sees it."""
        if self.account is None:
            return request
        return replace(request, options={**request.options, ACCOUNT: self.account})

    def lease_of(self, job: str) -> str:
        """Return the name of the lease: accounts of a tenant are worked beside each other."""
        return job if self.account is None else f"{job}/{self.account}"


def work_named(name: str) -> Work:
    """Return the work that a name such as acme or acme/4711 stands for."""
    slug, _, account = name.partition("/")
    return Work(slug, account or None)
