"""Stable ids of tenant rows.

An id is a 63-bit hash of (tenant, source, external id): the same row gets the same id in every load, on every machine
and in any order of arrival, so that a second import changes nothing. Writers compare
external ids, so a collision is refused, not merged.
"""

import json
from collections.abc import Mapping
from hashlib import blake2b

_SEPARATOR = "\x1f"


def stable_id(*parts: str | int) -> int:
    """Hash parts to a positive 63-bit integer (1 .. 2**63 - 1).

    parts: tenant id, kind of row with its source, external id; the unit separator between them keeps ("a", "bc") and
    ("ab", "c") apart.
    """
    digest = blake2b(_SEPARATOR.join(map(str, parts)).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 1) or 1


def settings_version(kind: str, settings: Mapping[str, object]) -> int:
    """Return the stable hash of settings of a kind: equal settings have equal versions in every database.

    settings: as JSON has them. jsonb does not keep the order of keys, so the hash does not depend on it.
    """
    return stable_id(kind, json.dumps(settings, sort_keys=True))


def tenant_id_of(slug: str) -> int:
    """Return the id of the tenant with this slug; a renamed slug is another tenant."""
    return stable_id("tenant", slug)
