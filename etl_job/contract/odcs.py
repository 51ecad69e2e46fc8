"""Where the Open Data Contract Standard has a place of its own for what the job reads elsewhere.

The standard allows no options of a column but its own, and what it calls an SQL rule is a query that counts. So what
the job needs beyond it can be said in custom properties of the column and in rules of type ``custom``; a contract that
does so keeps the standard's JSON Schema.
https://github.com/bitol-io/open-data-contract-standard/tree/main/schema
"""

from collections.abc import Mapping
from typing import Any

COLUMN_PROPERTIES = (
    "decimalSeparator", "missingValues", "notation", "otherFormats", "rounding", "thousandsSeparator", "timeZone",
)  # fmt: skip
FOREIGN = "x-"  # begins the names of custom properties that are none of the job's business
ENGINE = "quartal"


def with_options_of_its_own(column: Mapping[str, Any]) -> dict[str, Any]:
    """A column with its ``enum``, custom properties and ``defaultTimezone`` among its ``logicalTypeOptions``.

    Raises:
        ValueError: the job does not know a custom property, or something is said twice.
    """
    remaining = {name: content for name, content in column.items() if name not in ("enum", "customProperties")}
    said: list[tuple[str, Any]] = []
    if "enum" in column:
        said.append(("enum", [_value_of(entry, "enum", "value") for entry in _list_of(column["enum"], "enum")]))
    for entry in _list_of(column.get("customProperties", []), "customProperties"):
        name = str(_value_of(entry, "customProperties", "property"))
        if name in COLUMN_PROPERTIES:
            said.append((name, _value_of(entry, "customProperties", "value")))
        elif not name.startswith(FOREIGN):
            raise ValueError(
                f"customProperties: the job knows no property {name!r} of a column; it knows "
                f"{', '.join(COLUMN_PROPERTIES)}. Correct its spelling, remove it, or begin its name with {FOREIGN!r}"
            )
    options = remaining.get("logicalTypeOptions", {})
    if not isinstance(options, Mapping):
        raise ValueError("logicalTypeOptions must be a mapping")
    if "defaultTimezone" in options:
        said.append(("timeZone", options["defaultTimezone"]))
        options = {name: content for name, content in options.items() if name != "defaultTimezone"}
    if not said:
        return remaining
    merged = dict(options)
    for name, content in said:
        if name in merged:
            raise ValueError(f"{name} is said twice; remove one")
        merged[name] = content
    return remaining | {"logicalTypeOptions": merged}


def as_sql_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of type ``custom`` for this job's engine as the SQL rule that it is; any other as it stands.

    Raises:
        ValueError: the rule also has a query.
    """
    if rule.get("type") != "custom" or rule.get("engine") != ENGINE:
        return dict(rule)
    if "query" in rule:
        raise ValueError("a rule of type custom says its expression in implementation: remove query")
    remaining = {name: content for name, content in rule.items() if name not in ("engine", "implementation")}
    return remaining | {"type": "sql", "query": rule.get("implementation")}


def _list_of(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name} must be a list")
    return value


def _value_of(entry: Any, name: str, field: str) -> Any:
    if not isinstance(entry, Mapping) or field not in entry:
        raise ValueError(f"{name}: each entry must be a mapping that has {field}")
    return entry[field]
