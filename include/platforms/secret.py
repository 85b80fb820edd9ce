"""A value that no log, exception or table may show."""

from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Secret:
    """A credential; shows itself only to who asks by name."""

    _value: str

    def reveal(self) -> str:
        """Return the value, to be put into a request and nowhere else."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__
