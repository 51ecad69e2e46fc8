"""Which tests of the suite rest on something that AWS itself says in public: the fair column of the scoreboard."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cache

from benchmarks.emulators.scoreboard import ROOT, SUITE

FACTS = ROOT / "docs" / "explanation" / "glue-behaviour.md"
_HEADING = re.compile(r"## .*\[(?P<pages>[^\]]+)\]")
_FACT = re.compile(r"- (?P<fact>G\d+)\. (?P<text>.*)")
_CITED = re.compile(r"#[^\n]*?\b(G\d+(?:, G\d+)*)")
_BY_OTHERS = "measured by others"  # a fact's text says so where AWS's pages do not have it
_ATHENA = ("openx-json-serde",)


def sources() -> dict[str, tuple[str, ...]]:
    """The pages of AWS's documentation behind each fact; facts that others have measured have none."""
    found: dict[str, tuple[str, ...]] = {}
    pages: tuple[str, ...] = ()
    for line in FACTS.read_text("utf-8").splitlines():
        if line.startswith("## "):
            heading = _HEADING.match(line)
            pages = tuple(_address(page.strip()) for page in heading["pages"].split(",")) if heading else ()
        elif (fact := _FACT.match(line)) and pages and _BY_OTHERS not in fact["text"]:
            found[fact["fact"]] = pages
    return found


@cache
def cited() -> Mapping[str, frozenset[str]]:
    """The facts that each test of the suite cites, by the test's name."""
    found = {}
    for file in sorted(SUITE.glob("test_*.py")):
        text = file.read_text("utf-8")
        lines = text.splitlines()
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                facts = (fact for group in _CITED.findall(source) for fact in group.split(", "))
                found[node.name] = frozenset(facts)
    return found


def is_sourced(test: str) -> bool:
    """Whether all facts that a test cites, and it cites some, stand on AWS's pages."""
    facts = cited().get(test.partition("[")[0], frozenset())
    return bool(facts) and facts <= sources().keys()


def _address(page: str) -> str:
    guide = "athena/latest/ug" if page in _ATHENA else "glue/latest/dg"
    return f"https://docs.aws.amazon.com/{guide}/{page}.html"
