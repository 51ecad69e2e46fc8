"""An mkdocs hook: reference pages generated from the JSON Schemas, and from the errors in the source."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

Schema = Mapping[str, Any]
ERRORS_PAGE = "reference/errors.md"


@dataclass(frozen=True)
class SchemaPage:
    """A page, its schema, its heading, and the paragraph above its tables."""

    uri: str
    schema: str
    title: str
    opening: str


PAGES = (
    SchemaPage(
        "reference/contract.md",
        "etl_job/contract.schema.json",
        "The data contract's schema",
        "The fields of a file in `data/contracts/`, which follows version 3 of the [Open Data Contract Standard]"
        "(https://bitol-io.github.io/open-data-contract-standard/). The JSON Schema is "
        "`etl_job/contract.schema.json`: set it in your editor to check contracts while you write; `quartal contract "
        "lint` checks more. Descriptive fields of the standard (names, owners, tags) are allowed and not listed here. "
        "[Use your own data](../how-to/your-own-data.md) shows a contract in use.",
    ),
    SchemaPage(
        "reference/run-manifest.md",
        "etl_job/run_manifest.schema.json",
        "The run manifest",
        "Each run, even a failed one, writes `runs/<dataset>/<run id>.json` to the lake. The JSON Schema is "
        "`etl_job/run_manifest.schema.json`. [What a run leaves in the lake](outputs.md) explains how the fields "
        "relate.",
    ),
)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    from mkdocs.structure.files import File  # here, so that tests can make pages without the site's packages

    root = Path(config.docs_dir).parent
    for page in PAGES:
        schema = json.loads((root / page.schema).read_text("utf-8"))
        files.append(File.generated(config, page.uri, content=schema_page(page.title, page.opening, schema)))
    files.append(File.generated(config, ERRORS_PAGE, content=_error_sites(root).page()))
    return files


def schema_page(title: str, opening: str, schema: Schema) -> str:
    """Markdown of a schema: the document first, then each part that it names, in alphabetical order."""
    lines = [f"# {title}", "", opening, "", "## The document", "", *_fields(schema, "")]
    for name, part in sorted(schema.get("$defs", {}).items()):
        lines += ["", f"## {name}", "", *_described(part), *_body(part)]
    return "\n".join(lines) + "\n"


def _body(part: Schema) -> list[str]:
    if part.get("properties"):
        return _fields(part, "")
    return [f"{_type(part)}{_limits(part)}"]


def _fields(schema: Schema, above: str) -> list[str]:
    rows = list(_rows(schema, above))
    return ["| field | type | required | meaning |", "|---|---|---|---|", *rows] if rows else []


def _rows(schema: Schema, above: str) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, part in schema.get("properties", {}).items():
        if not isinstance(part, dict):  # true: any value, which nothing reads
            continue
        path = f"{above}{name}"
        needed = "yes" if name in required else ""
        yield f"| `{path}` | {_type(part)}{_limits(part)} | {needed} | {_meaning(part)} |".replace("  ", " ")
        items = part.get("items", {})
        if "properties" in part:
            yield from _rows(part, f"{path}.")
        elif isinstance(items, dict) and "properties" in items:
            yield from _rows(items, f"{path}[].")
        elif isinstance(items, dict) and "anyOf" in items:
            yield from _choices(items["anyOf"], path)


def _choices(choices: list[Schema], path: str) -> Iterator[str]:
    """Properties in the standard's form: one entry per name, each with its own type of value."""
    for choice in choices:
        named = choice.get("properties", {})
        name, value = named.get("property", {}), named.get("value", {})
        said = f"`{name['const']}`" if "const" in name else f"matching `{_cell(name.get('pattern', ''))}`"
        value = value if isinstance(value, dict) else {}
        yield f"| `{path}[]`, property {said} | {_type(value)}{_limits(value)} | | {_meaning(value)} |"


def _meaning(part: Schema) -> str:
    default = f"default `{_cell(json.dumps(part['default']))}`. " if "default" in part else ""
    return f"{default}{_flat(part.get('description', ''))}".strip()


def _type(part: Schema) -> str:
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return " or ".join("null" if value is None else f"`{value}`" for value in part["enum"])
    for choice in ("anyOf", "oneOf"):
        if choice in part:
            return " or ".join(dict.fromkeys(f"{_type(each)}{_limits(each)}" for each in part[choice]))
    kind = part.get("type", "anything")
    if kind == "array":
        return f"list of {_type(part['items'])}" if part.get("items") and "anyOf" not in part["items"] else "list"
    if kind == "object" and isinstance(part.get("additionalProperties"), dict):
        return f"object, each value {_type(part['additionalProperties'])}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "{} or more",
    "minLength": "{} characters or more",
    "maxLength": "{} characters at most",
    "format": "{}",
}


def _limits(part: Schema) -> str:
    if part.get("minLength") == part.get("maxLength") == 1:
        return " (1 character)"
    told = [words.format(part[name]) for name, words in _LIMITS.items() if name in part]
    if "pattern" in part:
        told.append(f"matching `{_cell(part['pattern'])}`")
    return f" ({', '.join(told)})" if told else ""


def _described(part: Schema) -> list[str]:
    text = part.get("description", "")
    return [_code(text), ""] if text else []


def _flat(text: str) -> str:
    return _cell(" ".join(_code(text).split()))


def _code(text: str) -> str:
    """Docstrings mark code as reStructuredText does."""
    return re.sub(r"``([^`]+)``", r"`\1`", text)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _error_sites(root: Path) -> ModuleType:
    path = root / "docs" / ".site" / "error_sites.py"
    spec = importlib.util.spec_from_file_location("error_sites", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
