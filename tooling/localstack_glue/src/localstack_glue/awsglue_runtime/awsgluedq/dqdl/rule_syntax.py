"""The rule types of the reference page: their syntax, and the reasons why some are not evaluated here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import InvalidRulesetError, UnsupportedRuleError
from .model import Calculation, Call, Kind, Operand, Rule

_NUMBER = (Kind.NUMBER,)


@dataclass(frozen=True)
class RuleType:
    """The syntax of a rule type.

    Attributes:
        parameters: the minimum and maximum number.
        kinds: the kinds that its condition compares with; none if it has no condition.
        may_be_bare: whether the condition can be left out.
        has_where: whether `where` can select rows.
        has_threshold: whether a share of the rows can be enough.
        is_rule: whether it is allowed in `Rules`.
        is_analyzer: whether it is allowed in `Analyzers`.
        tags: the other options of `with`.
        refused: the reason why it is not evaluated; empty if it is.
    """

    parameters: tuple[int, int]
    kinds: tuple[Kind, ...] = ()
    may_be_bare: bool = False
    has_where: bool = False
    has_threshold: bool = False
    is_rule: bool = True
    is_analyzer: bool = False
    tags: tuple[str, ...] = ()
    refused: str = ""


def _of_column(*, columns: tuple[int, int] = (1, 1)) -> RuleType:
    return RuleType(columns, _NUMBER, has_where=True, is_analyzer=True)


_ANY = 100
_FILES = "it checks files, and only rows can be checked here"
RULE_TYPES: Mapping[str, RuleType] = {
    "AggregateMatch": RuleType((2, 2), _NUMBER),
    "AllStatistics": RuleType((1, 1), is_rule=False, is_analyzer=True),
    "ColumnCorrelation": _of_column(columns=(2, 2)),
    "ColumnCount": RuleType((0, 0), _NUMBER, is_analyzer=True),
    "ColumnDataType": RuleType((1, 1), (Kind.TEXT,), has_where=True, has_threshold=True, tags=("format",)),
    "ColumnExists": RuleType((1, 1)),
    "ColumnLength": _of_column(),
    "ColumnNamesMatchPattern": RuleType((1, 1)),
    "ColumnValues": RuleType(
        (1, 1),
        (Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.TIME, Kind.KEYWORD),
        has_where=True,
        has_threshold=True,
        is_analyzer=True,
        tags=("ignoreCase",),
    ),
    "Completeness": _of_column(),
    "CustomSql": RuleType((1, 1), _NUMBER, may_be_bare=True, has_threshold=True, is_analyzer=True),
    "DataFreshness": RuleType((1, 1), (Kind.DURATION,), has_where=True),
    "DatasetMatch": RuleType((2, 3), _NUMBER),
    "DetectAnomalies": RuleType((1, _ANY), refused="its forecast comes from a model that only AWS has"),
    "DistinctValuesCount": _of_column(),
    "Entropy": _of_column(),
    "FileFreshness": RuleType((0, 1), (Kind.DATE, Kind.TIME), refused=_FILES, has_threshold=True),
    "FileMatch": RuleType((0, 2), (Kind.TEXT,), may_be_bare=True, refused=_FILES),
    "FileSize": RuleType((0, 1), (Kind.SIZE,), refused=_FILES, has_threshold=True),
    "FileUniqueness": RuleType((0, 1), _NUMBER, refused=_FILES),
    "IsComplete": RuleType((1, 1), has_where=True),
    "IsPrimaryKey": RuleType((1, _ANY), has_where=True),
    "IsUnique": RuleType((1, _ANY), has_where=True),
    "Mean": _of_column(),
    "ReferentialIntegrity": RuleType((2, 2), _NUMBER),
    "RowCount": RuleType((0, 0), _NUMBER, has_where=True, is_analyzer=True),
    "RowCountMatch": RuleType((1, 1), _NUMBER),
    "SchemaMatch": RuleType((1, 1), _NUMBER),
    "StandardDeviation": _of_column(),
    "Sum": _of_column(),
    "UniqueValueRatio": _of_column(),
    "Uniqueness": _of_column(columns=(1, _ANY)),
    "Variance": _of_column(),
}


def check_rule(rule: Rule, place: str) -> None:
    """Check a rule.

    Raises:
        InvalidRulesetError: AWS would refuse it.
    """
    kind = _find_type(rule, place)
    if not kind.is_rule:
        raise InvalidRulesetError(f"{place}: Analyzer Type: {rule.type} is not supported in rules section")
    _check_parameters(rule, kind, place)
    condition = rule.condition
    if rule.type == "FileMatch" and (condition is None) != (len(rule.parameters) == 2):
        raise InvalidRulesetError(f"{place}: FileMatch takes two paths, or a list of checksums and at most one path")
    if condition is None and kind.kinds and not kind.may_be_bare:
        raise InvalidRulesetError(f"{place}: {rule.type} needs a condition")
    if condition is not None and not (condition.kind in kind.kinds or (kind.kinds and _is_null(rule))):
        wanted = " or ".join(each.value for each in kind.kinds) or "nothing"
        raise InvalidRulesetError(f"{place}: {rule.type} compares with {wanted}, not with {condition.kind.value}")
    if rule.where is not None and not kind.has_where:
        raise InvalidRulesetError(f"{place}: Where clause is not supported for rule type: {rule.type}")
    if rule.where is not None and not rule.where.strip():
        raise InvalidRulesetError(f"{place}: Empty where condition provided for rule type: {rule.type}")
    if rule.threshold is not None and not kind.has_threshold:
        raise InvalidRulesetError(f"{place}: {rule.type} takes no threshold")
    if rule.threshold is not None and rule.threshold.kind is not Kind.NUMBER:
        raise InvalidRulesetError(f"{place}: the threshold of {rule.type} must be a number")


def check_analyzer(analyzer: Rule, place: str) -> None:
    """Check an analyzer.

    Raises:
        InvalidRulesetError: AWS would refuse it.
    """
    kind = _find_type(analyzer, place)
    if not kind.is_analyzer:
        raise InvalidRulesetError(f"{place}: Analyzer Type: {analyzer.type} is not supported in analyzers section")
    _check_parameters(analyzer, kind, place)


def check_evaluated(rule: Rule) -> None:
    """Check that a rule is evaluated here.

    Raises:
        UnsupportedRuleError: AWS evaluates it and this package does not.
    """
    kind = RULE_TYPES[rule.type]
    if kind.refused:
        raise UnsupportedRuleError(f"the data quality rule {rule}: {rule.type} is not supported here, {kind.refused}")
    if any('\\"' in text for text in (*rule.values, rule.where or "")):
        raise UnsupportedRuleError(
            f"the data quality rule {rule}: AWS would keep the backslash before a quote in a name, a query or a where; "
            "write apostrophes"
        )
    compared = rule.condition.operands if rule.condition is not None else ()
    if rule.type in ("ColumnValues", "ColumnLength") and any(isinstance(each, Calculation) for each in compared):
        raise UnsupportedRuleError(f"the data quality rule {rule}: {rule.type} compares with plain numbers only")
    for condition in (rule.condition, rule.threshold):
        for operand in condition.operands if condition is not None else ():
            call = _call_in(operand)
            if call is not None:
                raise UnsupportedRuleError(
                    f"the data quality rule {rule}: {call} makes it a dynamic rule; earlier results are not kept here"
                )
        if condition is not None and condition.kind is Kind.TIME:
            raise UnsupportedRuleError(f"the data quality rule {rule}: comparing times of day is not supported here")
    unknown = sorted(set(rule.tags) - set(kind.tags))
    if unknown:
        raise UnsupportedRuleError(f"the data quality rule {rule}: {', '.join(unknown)} is not supported here")


def _find_type(rule: Rule, place: str) -> RuleType:
    if rule.type not in RULE_TYPES:
        raise InvalidRulesetError(f"{place}: Rule Type: {rule.type} is not valid")
    return RULE_TYPES[rule.type]


def _check_parameters(rule: Rule, kind: RuleType, place: str) -> None:
    least, most = kind.parameters
    if not least <= len(rule.parameters) <= most:
        raise InvalidRulesetError(f"{place}: {rule.type} cannot have {len(rule.parameters)} parameters")


def _is_null(rule: Rule) -> bool:
    condition = rule.condition
    return condition is not None and condition.kind is Kind.KEYWORD and rule.type == "ColumnValues"


def _call_in(operand: Operand) -> Call | None:
    if isinstance(operand, Call):
        return operand
    if isinstance(operand, Calculation):
        return _call_in(operand.left) or _call_in(operand.right)
    return None
