"""What a query costs and what the bucket holds. Source: source_apis.md E.5; shopify.dev, GraphQL Admin API rate limits.

An object costs 1, a scalar or enum 0, a connection 2 and the nodes it may return.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

RESTORE_RATE = 100
MAXIMUM_AVAILABLE = 2000
MOST_OF_ONE_QUERY = 1000
_INSIDE_CONNECTION = frozenset({"edges", "nodes", "pageInfo"})


@dataclass
class Bucket:
    """Points that leak back at RESTORE_RATE a second: of the virtual clock or of real time, whichever ran further."""

    available: float = MAXIMUM_AVAILABLE
    _at: tuple[float, float] = field(default=(0.0, 0.0))

    def refill(self, now: datetime, rate: float) -> None:
        """Add what has leaked back since the last call."""
        at = (now.timestamp(), time.monotonic())
        passed = max(at[0] - self._at[0], at[1] - self._at[1]) if self._at != (0.0, 0.0) else 0.0
        self.available = min(MAXIMUM_AVAILABLE, self.available + rate * passed)
        self._at = at

    def status(self, rate: float) -> dict[str, float]:
        """Return throttleStatus; rounded down, so that nobody counts on a point that is not there yet."""
        return {
            "maximumAvailable": float(MAXIMUM_AVAILABLE),
            "currentlyAvailable": int(self.available),
            "restoreRate": float(rate),
        }


def query_cost(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: dict[str, FragmentDefinitionNode],
    variables: dict[str, object],
) -> int:
    """Return the points a valid operation may cost at most."""

    root = schema.query_type
    return max(_Costs(fragments, variables).of(operation.selection_set, root), 1) if root else 1


@dataclass(frozen=True)
class _Costs:
    fragments: dict[str, FragmentDefinitionNode]
    variables: dict[str, object]

    def of(self, selections: SelectionSetNode | None, parent: GraphQLNamedType) -> int:
        return sum(self._of_one(one, parent) for one in (selections.selections if selections else ()))

    def _of_one(self, one: SelectionNode, parent: GraphQLNamedType) -> int:
        if isinstance(one, FragmentSpreadNode):
            return self.of(self.fragments[one.name.value].selection_set, parent)
        if isinstance(one, InlineFragmentNode):
            return self.of(one.selection_set, parent)
        if not isinstance(one, FieldNode) or one.name.value.startswith("__"):
            return 0
        return self._of_field(one, parent)

    def _of_field(self, one: FieldNode, parent: GraphQLNamedType) -> int:
        kind = get_named_type(parent.fields[one.name.value].type) if isinstance(parent, GraphQLObjectType) else None
        if not isinstance(kind, GraphQLObjectType):
            return 0
        inside = self.of(one.selection_set, kind)
        if kind.name.endswith("Connection"):
            return 2 + _size(one, self.variables) * inside
        if parent.name.endswith("Connection") and one.name.value in _INSIDE_CONNECTION:
            # An edge costs nothing beside its node; pageInfo is part of the two points.
            return {"nodes": 1 + inside, "edges": inside, "pageInfo": 0}[one.name.value]
        return _size(one, self.variables) * (1 + inside)


def _size(one: FieldNode, variables: dict[str, object]) -> int:
    for argument in one.arguments or ():
        if argument.name.value in ("first", "last"):
            value = argument.value
            if isinstance(value, IntValueNode):
                return int(value.value)
            if isinstance(value, VariableNode):
                given = variables.get(value.name.value)
                return given if isinstance(given, int) else 1
    return 1
