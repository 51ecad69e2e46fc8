"""Read the job's options from the places that the Open Data Contract Standard provides for extensions.

The standard allows only its own options of a column, and its SQL rules are queries that count. So the job's own options
can be given as custom properties of the column, and its rules as rules of type ``custom``. Such a contract is valid by
the standard's JSON Schema.
https://github.com/bitol-io/open-data-contract-standard/tree/main/schema
"""

from collections.abc import Mapping
from typing import Any

COLUMN_PROPERTIES = (
    "decimalSeparator", "missingValues", "notation", "otherFormats", "rounding", "thousandsSeparator", "timeZone",
)  # fmt: skip
FOREIGN = "x-"  # prefix of custom properties that the job ignores
ENGINE = "quartal"


def with_options_of_its_own(column: Mapping[str, Any]) -> dict[str, Any]:
    """Move a column's ``enum``, custom properties and ``defaultTimezone`` into its ``logicalTypeOptions``.

    Raises:
        ValueError: a custom property is unknown, or an option is set twice.
    """
    remaining = {name: content for name, content in column.items() if name not in ("enum", "customProperties")}
    said: list[tuple[str, Any]] = []
    if "enum" in column:
        said.append(
            ("enum", [_require_field(entry, "enum", "value") for entry in _require_list(column["enum"], "enum")])
        )
    for entry in _require_list(column.get("customProperties", []), "customProperties"):
        name = str(_require_field(entry, "customProperties", "property"))
        if name in COLUMN_PROPERTIES:
            said.append((name, _require_field(entry, "customProperties", "value")))
        elif not name.startswith(FOREIGN):
            raise ValueError(
                f"customProperties: unknown column property {name!r}; known properties are "
                f"{', '.join(COLUMN_PROPERTIES)}. Correct the spelling, remove it, or prefix the name with {FOREIGN!r}"
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
            raise ValueError(f"{name} is set twice; remove one")
        merged[name] = content
    return remaining | {"logicalTypeOptions": merged}


def as_sql_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a rule of type ``custom`` for this job's engine to an SQL rule; return other rules unchanged.

    Raises:
        ValueError: the rule also has a query.
    """
    if rule.get("type") != "custom" or rule.get("engine") != ENGINE:
        return dict(rule)
    if "query" in rule:
        raise ValueError("a rule of type custom takes its expression from implementation; remove query")
    remaining = {name: content for name, content in rule.items() if name not in ("engine", "implementation")}
    return remaining | {"type": "sql", "query": rule.get("implementation")}


def _require_list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name} must be a list")
    return value


def _require_field(entry: Any, name: str, field: str) -> Any:
    if not isinstance(entry, Mapping) or field not in entry:
        raise ValueError(f"{name}: each entry must be a mapping with {field}")
    return entry[field]
