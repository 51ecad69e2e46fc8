"""The text that a target of EventBridge, such as a topic, is sent of an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def text_for(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """What a target is sent of an event: a text of its own, the event as its transformer words it, or all of it.

    Of a template's lines in quotes the text within the quotes is sent.
    """
    if "Input" in target:
        return str(target["Input"])
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    text = str(transformer["InputTemplate"])
    for name, path in (transformer.get("InputPathsMap") or {}).items():
        value: Any = event
        for part in path.removeprefix("$").removeprefix(".").split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        text = text.replace(f"<{name}>", value if isinstance(value, str) else json.dumps(value))
    return "\n".join(line.strip().removeprefix('"').removesuffix('"') for line in text.splitlines())
