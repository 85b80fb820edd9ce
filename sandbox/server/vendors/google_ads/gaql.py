"""The part of the Google Ads Query Language that reports need, read strictly.

Source: source_apis.md B.4, B.5; names of errors are those of QueryErrorEnum.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.server.finding import words

_TOKEN = re.compile(r"\s*(?:('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|([\w.]+)|(!=|>=|<=|[=<>(),])|(\S))")
_CLAUSES = words("FROM WHERE ORDER LIMIT PARAMETERS")
_DURING = words("TODAY YESTERDAY LAST_7_DAYS LAST_14_DAYS LAST_30_DAYS")

_CUSTOMER = words("customer.id customer.currency_code customer.time_zone customer.descriptive_name customer.manager")
_CAMPAIGN = words("campaign.id campaign.name campaign.status campaign.advertising_channel_type campaign.resource_name")
_AD_GROUP = words("ad_group.id ad_group.name ad_group.status")
_AD = words("ad_group_ad.ad.id ad_group_ad.ad.name ad_group_ad.status")
_ASSET_GROUP = words("asset_group.id asset_group.name asset_group.status")
RESOURCES: Mapping[str, frozenset[str]] = {
    "customer": _CUSTOMER,
    "campaign": _CUSTOMER | _CAMPAIGN,
    "ad_group": _CUSTOMER | _CAMPAIGN | _AD_GROUP,
    "ad_group_ad": _CUSTOMER | _CAMPAIGN | _AD_GROUP | _AD,
    "asset_group": _CUSTOMER | _CAMPAIGN | _ASSET_GROUP,
    "customer_client": _CUSTOMER
    | words(
        "customer_client.id customer_client.manager customer_client.status customer_client.level"
        " customer_client.currency_code customer_client.time_zone customer_client.descriptive_name"
        " customer_client.client_customer"
    ),
    "conversion_action": _CUSTOMER
    | words(
        "conversion_action.id conversion_action.name conversion_action.status conversion_action.category"
        " conversion_action.click_through_lookback_window_days conversion_action.view_through_lookback_window_days"
    ),
}
_WITH_METRICS = words("customer campaign ad_group ad_group_ad asset_group")
COST_METRICS = words("metrics.cost_micros metrics.impressions metrics.clicks metrics.average_cpc")
METRICS = COST_METRICS | words(
    "metrics.conversions metrics.conversions_value metrics.all_conversions metrics.all_conversions_value"
    " metrics.view_through_conversions metrics.conversions_by_conversion_date"
    " metrics.conversions_value_by_conversion_date metrics.all_conversions_by_conversion_date"
    " metrics.all_conversions_value_by_conversion_date"
)
_DATE = "segments.date"
_BY_ACTION = words("segments.conversion_action segments.conversion_action_name segments.conversion_action_category")
SEGMENTS = frozenset({_DATE}) | _BY_ACTION
_KNOWN = frozenset().union(*RESOURCES.values()) | METRICS | SEGMENTS


class BadQuery(Exception):
    """A query that Google refuses; family and name are the error's."""

    def __init__(self, name: str, message: str, family: str = "queryError") -> None:
        super().__init__(message)
        self.family = family
        self.name = name


@dataclass(frozen=True)
class Condition:
    """One comparison of WHERE; values are text without quotes."""

    field: str
    operator: str
    values: tuple[str, ...]

    def holds(self, value: str) -> bool:
        """Say whether a row's value passes; a date is compared as ISO text."""
        first = self.values[0] if self.values else ""
        return {
            "=": value == first,
            "!=": value != first,
            ">=": value >= first,
            "<=": value <= first,
            ">": value > first,
            "<": value < first,
            "IN": value in self.values,
            "NOT IN": value not in self.values,
            "BETWEEN": first <= value <= self.values[-1] if self.values else False,
        }[self.operator]


@dataclass(frozen=True)
class Query:
    """A valid query. fields are in the order of SELECT."""

    fields: tuple[str, ...]
    resource: str
    conditions: tuple[Condition, ...]
    limit: int | None

    @property
    def has_metrics(self) -> bool:
        return any(field in METRICS for field in self.fields)

    @property
    def by_date(self) -> bool:
        return _DATE in self.fields

    @property
    def by_action(self) -> bool:
        return bool(set(self.fields) & _BY_ACTION)


def parse(text: str) -> Query:
    """Return the query; raises BadQuery."""
    reader = _Reader(list(_tokens(text)))
    fields = reader.select()
    resource = reader.resource()
    conditions = tuple(reader.conditions())
    limit = reader.rest()
    query = Query(fields, resource, conditions, limit)
    _check_fields(query)
    return query


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def select(self) -> tuple[str, ...]:
        self._expect("SELECT", "EXPECTED_SELECT")
        fields = [self._take("EXPECTED_FIELD")]
        while self._peek() == ",":
            self._at += 1
            fields.append(self._take("EXPECTED_FIELD"))
        return tuple(fields)

    def resource(self) -> str:
        self._expect("FROM", "EXPECTED_FROM")
        name = self._take("EXPECTED_RESOURCE")
        if name not in RESOURCES:
            raise BadQuery("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", f"Error in query: unknown resource {name[:40]}")
        return name

    def conditions(self) -> Iterator[Condition]:
        if self._peek() != "WHERE":
            return
        self._at += 1
        yield self._condition()
        while self._peek() == "AND":
            self._at += 1
            yield self._condition()

    def rest(self) -> int | None:
        limit = None
        if self._peek() == "ORDER":
            self._at += 1
            self._expect("BY", "EXPECTED_BY")
            while self._peek() not in ("", "LIMIT", "PARAMETERS"):
                self._at += 1
        if self._peek() == "LIMIT":
            self._at += 1
            text = self._take("BAD_LIMIT_VALUE")
            if not text.isdecimal() or not int(text):
                raise BadQuery("BAD_LIMIT_VALUE", "Error in query: LIMIT takes a positive number")
            limit = int(text)
        if self._peek():
            raise BadQuery("UNEXPECTED_INPUT", f"Error in query: unexpected input {self._peek()[:40]}")
        return limit

    def _condition(self) -> Condition:
        field = self._take("EXPECTED_FIELD")
        operator = self._take("EXPECTED_OPERATOR")
        if operator == "NOT":
            operator = f"NOT {self._take('EXPECTED_OPERATOR')}"
        if operator == "BETWEEN":
            first = self._take("EXPECTED_VALUE")
            self._expect("AND", "EXPECTED_AND")
            return Condition(field, operator, (first, self._take("EXPECTED_VALUE")))
        if operator == "DURING":
            literal = self._take("EXPECTED_VALUE")
            if literal not in _DURING:
                raise BadQuery("BAD_VALUE", f"Error in query: {literal[:40]} is no date range here")
            return Condition(field, operator, (literal,))
        if operator in ("IN", "NOT IN"):
            return Condition(field, operator, tuple(self._values()))
        if operator in ("=", "!=", ">", "<", ">=", "<="):
            return Condition(field, operator, (self._take("EXPECTED_VALUE"),))
        raise BadQuery("BAD_OPERATOR", f"Error in query: operator {operator[:20]} is not known here")

    def _values(self) -> Iterator[str]:
        self._expect("(", "EXPECTED_VALUE")
        yield self._take("EXPECTED_VALUE")
        while self._peek() == ",":
            self._at += 1
            yield self._take("EXPECTED_VALUE")
        self._expect(")", "EXPECTED_CLOSING_PARENTHESIS")

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, error: str) -> str:
        token = self._peek()
        if not token or token in _CLAUSES or token in ("(", ")", ","):
            raise BadQuery(error, f"Error in query: {error.lower().replace('_', ' ')} near {token[:20]!r}")
        self._at += 1
        return token.strip("'\"")

    def _expect(self, word: str, error: str) -> None:
        if self._peek() != word:
            raise BadQuery(error, f"Error in query: expected {word} near {self._peek()[:20]!r}")
        self._at += 1


def _tokens(text: str) -> Iterator[str]:
    for found in _TOKEN.finditer(text):
        quoted, word, mark, other = found.groups()
        if other:
            raise BadQuery("BAD_SYMBOL", f"Error in query: {other[:5]!r} is not expected")
        if quoted or word or mark:
            upper = (word or "").upper()
            yield quoted or mark or (upper if upper in _KEYWORDS else word)


_KEYWORDS = words("SELECT FROM WHERE AND ORDER BY LIMIT PARAMETERS IN NOT BETWEEN DURING")


def _check_fields(query: Query) -> None:
    for field in (*query.fields, *(one.field for one in query.conditions)):
        if field not in _KNOWN:
            raise BadQuery("UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{field[:80]}'.")
        _check_fits(field, query.resource)
    missing = [
        one.field for one in query.conditions if one.field in METRICS | _BY_ACTION and one.field not in query.fields
    ]
    if missing:
        name = "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE"
        raise BadQuery(name, f"'{missing[0]}' must be in SELECT when it is in WHERE.")
    if query.by_action and set(query.fields) & COST_METRICS:
        name = "PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE"
        raise BadQuery(name, "Cost metrics cannot be segmented by conversion action.")
    if query.by_date and not any(one.field == _DATE for one in query.conditions):
        raise BadQuery("EXPECTED_FILTERS_ON_DATE_RANGE", "segments.date needs a finite date range in WHERE.")


def _check_fits(field: str, resource: str) -> None:
    if field in METRICS and resource not in _WITH_METRICS:
        name = "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE"
        raise BadQuery(name, f"'{field}' cannot be selected FROM {resource}.")
    if field in SEGMENTS and resource not in _WITH_METRICS:
        name = "PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE"
        raise BadQuery(name, f"'{field}' cannot be selected FROM {resource}.")
    if field not in METRICS | SEGMENTS | RESOURCES[resource]:
        name = "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE"
        raise BadQuery(name, f"'{field}' cannot be selected FROM {resource}.")


def camel(name: str) -> str:
    """Return a field name in the JSON's spelling: cost_micros as costMicros."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return dotted fields as the JSON object of a row; what is None is left out, as unset fields of a proto are."""
    row: dict[str, Any] = {}
    for path, value in values.items():
        if value is None:
            continue
        *above, last = (camel(part) for part in path.split("."))
        at = row
        for part in above:
            at = at.setdefault(part, {})
        at[last] = value
    return row
