"""The syntax of the SQL standard's JSON functions: `json_value(x, 'lax $.a' RETURNING bigint NULL ON ERROR)`.

They become calls with plain arguments. Those that read: the document, the path, the keywords (as JSON), the defaults
for nothing found and for an error, and the values that are passed to the path. Those that write: the keywords, and the
keys and values.
"""

import json
from typing import Any

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

READING, WRITING = ("json_exists", "json_query", "json_value"), ("json_array", "json_object")
NAMES = (*READING, *WRITING)
_EXISTS = ("TRUE", "FALSE", "UNKNOWN", "ERROR")
_QUERY = ("ERROR", "NULL", "EMPTY ARRAY", "EMPTY OBJECT")
_VALUE = ("ERROR", "NULL")
_ENCODINGS = ("UTF8", "UTF16", "UTF32")


def parse(parser: Any, name: str) -> exp.Expr:
    """The content of a call's brackets."""
    return _reading(parser, name) if name in READING else _writing(parser, name)


def _reading(parser: Any, name: str) -> exp.Expr:
    said: dict[str, Any] = {}
    document = parser._parse_disjunction()
    said["format"] = _format(parser)
    if not parser._match(TokenType.COMMA):
        parser.raise_error("Expected ,")
    path = parser._parse_string()
    if not isinstance(path, exp.Literal):
        parser.raise_error("Expected a JSON path")
    if parser._match(TokenType.COMMA):  # a call that was written out by this module
        return exp.Anonymous(this=name, expressions=[document, path, *parser._parse_csv(parser._parse_disjunction)])
    passed = _passed(parser, said)
    defaults: dict[str, exp.Expr] = {}
    if name != "json_exists":
        _returning(parser, said)
    if name == "json_query":
        _wrapper(parser, said)
    _behaviors(parser, name, said, defaults)
    options = _options(said)
    both = [defaults.get(on) or exp.Null() for on in ("on_empty", "on_error")]
    return exp.Anonymous(this=name, expressions=[document, path, options, *both, *passed])


def _writing(parser: Any, name: str) -> exp.Expr:
    said: dict[str, Any] = {"written": name}
    parts: list[exp.Expr] = []
    formats: list[str] = []
    ended = parser._match(TokenType.R_PAREN, advance=False) or _null_treatment(parser, said)
    while not ended:
        if name == "json_object":
            parser._match_text_seq("KEY")
        value = parser._parse_disjunction()
        if (
            not parts
            and isinstance(value, exp.Literal)
            and value.name.startswith("{")
            and f'"written": "{name}"' in value.name
        ):
            rest = parser._parse_csv(parser._parse_disjunction) if parser._match(TokenType.COMMA) else []
            return exp.Anonymous(this=name, expressions=[value, *rest])  # a call that was written out by this module
        if name == "json_object":
            parts.append(value)
            if not parser._match(TokenType.COLON) and not parser._match_text_seq("VALUE"):
                parser.raise_error("Expected VALUE")
            value = parser._parse_disjunction()
        makes_json = isinstance(value, exp.Anonymous) and str(value.this).lower() in (*WRITING, "json_query")
        parts.append(value)
        formats.append(_format(parser) or ("JSON" if makes_json else ""))
        ended = not parser._match(TokenType.COMMA)
    _null_treatment(parser, said)
    for words, is_unique in (("WITH", True), ("WITHOUT", False)):
        if name == "json_object" and parser._match_text_seq(words, "UNIQUE"):
            parser._match_text_seq("KEYS")
            said["unique"] = is_unique
    _returning(parser, said)
    said["formats"] = formats
    return exp.Anonymous(this=name, expressions=[_options(said), *parts])


def _null_treatment(parser: Any, said: dict[str, Any]) -> bool:
    for word in ("NULL", "ABSENT"):
        if parser._match_text_seq(word, "ON", "NULL"):
            said["nulls"] = word
            return True
    return False


def _options(said: dict[str, Any]) -> exp.Literal:
    return exp.Literal.string(json.dumps({key: value for key, value in said.items() if value}, sort_keys=True))


def _returning(parser: Any, said: dict[str, Any]) -> None:
    if parser._match_text_seq("RETURNING"):
        said["returning"] = parser._parse_types().sql("trino")
        said["output"] = _format(parser)


def _format(parser: Any) -> str:
    """`FORMAT JSON ENCODING UTF16` as `JSON UTF16`."""
    if not parser._match_text_seq("FORMAT", "JSON"):
        return ""
    if not parser._match_text_seq("ENCODING"):
        return "JSON"
    for encoding in _ENCODINGS:
        if parser._match_text_seq(encoding):
            return f"JSON {encoding}"
    parser.raise_error("Expected an encoding")
    return ""


def _passed(parser: Any, said: dict[str, Any]) -> list[exp.Expr]:
    if not parser._match_text_seq("PASSING"):
        return []
    values, names, formats = [], [], []
    while True:
        values.append(parser._parse_disjunction())
        formats.append(_format(parser))
        if not parser._match(TokenType.ALIAS):
            parser.raise_error("Expected AS")
        name = parser._parse_id_var()
        names.append(name.name if name.args.get("quoted") else name.name.upper())
        if not parser._match(TokenType.COMMA):
            break
    said["names"], said["formats"] = names, formats
    return values


def _wrapper(parser: Any, said: dict[str, Any]) -> None:
    for words, found in (
        ("WITHOUT", "WITHOUT"), ("WITH CONDITIONAL", "CONDITIONAL"), ("WITH UNCONDITIONAL", "UNCONDITIONAL"),
        ("WITH", "UNCONDITIONAL"),
    ):  # fmt: skip
        if any(parser._match_text_seq(*words.split(), *tail) for tail in (("ARRAY", "WRAPPER"), ("WRAPPER",))):
            said["wrapper"] = found
            break
    for word in ("KEEP", "OMIT"):
        if parser._match_text_seq(word, "QUOTES"):
            said["quotes"] = word
            parser._match_text_seq("ON", "SCALAR", "STRING")


def _behaviors(parser: Any, name: str, said: dict[str, Any], defaults: dict[str, exp.Expr]) -> None:
    allowed = {"json_exists": _EXISTS, "json_query": _QUERY, "json_value": _VALUE}[name]
    for on in ("EMPTY", "ERROR") if name != "json_exists" else ("ERROR",):
        for words in allowed:
            if parser._match_text_seq(*words.split(), "ON", on):
                said[f"on_{on.lower()}"] = words
                break
        else:
            start = parser._index
            if name == "json_value" and parser._match(TokenType.DEFAULT):
                default = parser._parse_disjunction()
                if parser._match_text_seq("ON", on):
                    said[f"on_{on.lower()}"], defaults[f"on_{on.lower()}"] = "DEFAULT", default
                else:
                    parser._retreat(start)
