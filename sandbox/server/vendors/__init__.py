"""The vendors of the sandbox, in the order their routes are listed."""

from collections.abc import Callable

from sandbox.server.house import House
from sandbox.server.surface import Surface
from sandbox.server.vendors import meta, tiktok

SURFACES: tuple[Callable[[House], Surface], ...] = (meta.surface, tiktok.surface)
