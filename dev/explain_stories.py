"""`python -m dev.explain_stories`: write the stories of docs/explain.md anew from the demo world.

A private PostgreSQL gets the demo's tenants, its world as of the demo's first day, its last days as webhooks, and
credit by process_attribution; each order named in the document by `make explain TENANT=... ORDER=...` is then explained
into the block below it. With --check nothing is written, and a difference is an error. An order that was credited anew
shows when, in machine time, and so tells another story every time: choose one that was not.
"""

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from dev import databases, postgres
from dev.state import CHECKOUT
from include.explain.order import explain_order
from include.explain.reading import read_order
from include.explain.terminal import as_text
from include.imports.load import import_orders, import_touchpoints
from include.jobs.process_attribution import process_attribution
from include.jobs.request import JobRequest
from include.jobs.steps import run_steps
from include.jobs.webhook_queue import drain_webhooks
from include.storage.session import tenant_transaction
from include.tenants.named import tenant_named
from include.tenants.plan import plan
from sandbox.world.csv_files import write_orders_csv, write_touchpoints_csv
from sandbox.world.profiles import DEMO_END, DEMO_NOW, DEMO_SHOPS, DEMO_START, DEMO_WEBHOOKS_SINCE
from sandbox.world.receiver import receive
from sandbox.world.webhooks import deliveries
from sandbox.world.world import generate

DOCUMENT = CHECKOUT / "docs" / "explain.md"
_STORY = re.compile(r"(make explain TENANT=(\S+) ORDER=(\S+)\n```\n\n```text\n)(.*?)(?=```)", re.DOTALL)
_SEED = 7

console = Console(highlight=False)


def main() -> int:
    """Write or check the document; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dev.explain_stories", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a story has changed")
    check = parser.parse_args().check
    before = DOCUMENT.read_text("utf-8")
    with credited_demo({slug for _, slug, _, _ in _STORY.findall(before)}) as urls:
        after = _STORY.sub(lambda story: f"{story[1]}{explained(urls, story[2], story[3])}", before)
    if after == before:
        console.print(f"{DOCUMENT.name}: {len(_STORY.findall(before))} stories are as they were")
        return 0
    if check:
        console.print(f"{DOCUMENT.name} tells another story than the database; run python -m dev.explain_stories")
        return 1
    DOCUMENT.write_text(after, "utf-8")
    console.print(f"{DOCUMENT.name}: written")
    return 0


def explained(urls: dict[str, str], slug: str, order: str) -> str:
    """Return the text of `make explain` for an order of a demo shop."""
    tenant, url = tenant_named(slug, urls)
    with tenant_transaction(url, tenant.tenant_id) as session:
        facts = read_order(session, tenant, order)
    if facts is None:
        raise SystemExit(f"the demo world has no order {order} of {slug}")
    return as_text(explain_order(facts, tenant))


@contextmanager
def credited_demo(slugs: set[str]) -> Iterator[dict[str, str]]:
    """Yield the ANALYTICS_* variables of a throw-away database with these demo shops, imported and credited."""
    folder = Path(tempfile.mkdtemp(prefix="attribution-stories-"))
    folder.chmod(0o755)
    try:
        server = postgres.start(folder / "server", settings={"fsync": "off", "full_page_writes": "off"})
        urls = databases.create_analytics(server, databases.Passwords.generate(), "stories")
        plan(CHECKOUT / "tenants", urls["ANALYTICS_ADMIN_URL"], urls["ANALYTICS_CONTROL_URL"], apply=True)
        for shop in DEMO_SHOPS:
            if shop.slug in slugs:
                _load_and_credit(urls, shop.slug, folder)
        yield urls
    finally:
        postgres.stop(folder / "server")
        shutil.rmtree(folder)


def _load_and_credit(urls: dict[str, str], slug: str, folder: Path) -> None:
    shop = next(shop for shop in DEMO_SHOPS if shop.slug == slug)
    world = generate(shop, _SEED, DEMO_START, DEMO_END)
    tenant, url = tenant_named(slug, urls)
    for name, write, load in (
        ("touchpoints.csv", write_touchpoints_csv, import_touchpoints),
        ("orders.csv", write_orders_csv, import_orders),
    ):
        path = folder / slug / name
        if write is write_orders_csv:
            write_orders_csv(world, path, DEMO_NOW, webhooks_since=DEMO_WEBHOOKS_SINCE)
        else:
            write_touchpoints_csv(world, path, DEMO_NOW)
        load(url, tenant, path, DEMO_NOW, lambda rows: None)
    receive(urls["ANALYTICS_INGEST_URL"], tenant.tenant_id, deliveries(world, DEMO_WEBHOOKS_SINCE, DEMO_NOW))
    for job in (drain_webhooks, process_attribution):
        for _ in run_steps(url, tenant, job, JobRequest(job.__name__, "demo", DEMO_NOW)):
            pass


if __name__ == "__main__":
    sys.exit(main())
