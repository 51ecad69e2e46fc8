"""The text of an event for a target of EventBridge, such as a topic."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# a text in quotes, or a variable outside of one
_PART = re.compile(r'"(?:\\.|[^"\\])*"|<[\w.-]+>', re.DOTALL)
_VARIABLE = re.compile(r"<([\w.-]+)>")
_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")


def text_for(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """The text that a target gets for an event: a fixed text, a part, the transformer's result, or the whole event.

    A template is JSON, or lines in quotes, which are sent without the quotes.
    """
    if "Input" in target:
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(_at(event, target["InputPath"]))
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    values = {name: _at(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    values.setdefault("aws.events.event.json", event)
    template = str(transformer["InputTemplate"])
    filled = _PART.sub(lambda part: _filled(part[0], values), template)
    if template.lstrip().startswith(("{", "[")):
        return filled
    return "\n".join(_unquoted(line.strip()) for line in filled.splitlines())


def _at(event: Any, path: str) -> Any:
    """The value at a JSON path such as `$.detail.files[0]`; None if there is none."""
    value = event
    for step in _STEP.findall(path.removeprefix("$")):
        if step.startswith("["):
            place = int(step[1:-1])
            value = value[place] if isinstance(value, list) and place < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _filled(part: str, values: Mapping[str, Any]) -> str:
    """A part with its variables replaced: a text is quoted, unless it is inside a text."""
    is_within = part.startswith('"')

    def find_value(variable: re.Match[str]) -> str:
        if variable[1] not in values:
            return variable[0]
        value = values[variable[1]]
        if not is_within:
            return json.dumps(value)
        return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]

    return _VARIABLE.sub(find_value, part)


def _unquoted(line: str) -> str:
    if len(line) > 1 and line.startswith('"') and line.endswith('"'):
        try:
            return str(json.loads(line))
        except ValueError:
            return line[1:-1]
    return line
