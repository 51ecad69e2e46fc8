"""Quotes around texts of a contract that other readers of YAML take for something else.

Terraform reads `y` and `n`, the names of many columns, as true and false, and `1e3` as a number; the job reads texts.
Quoted, both read the same. https://github.com/zclconf/go-cty-yaml
"""

from __future__ import annotations

import re

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_NUMBER = r"[-+]?0[0-9_]+|[-+]?0o[0-7_]+|[-+]?\.?[0-9][0-9_.]*[eE][-+]?[0-9]+"
_READ_OTHERWISE = re.compile(rf"[yYnN]|{_NUMBER}|[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}")
_TEXTS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:int")  # the job reads 010 as a text, too


def with_quotes(text: str) -> str:
    """The contract, in which every reader of YAML reads the texts that the job reads; unchanged if it is no YAML."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return text
    pieces, end = [], len(text)
    for start, stop in sorted(_places(root, text), reverse=True):
        pieces += [text[stop:end], f"'{text[start:stop]}'"]
        end = start
    return "".join([text[:end], *reversed(pieces)])


def _places(root: Node | None, text: str) -> set[tuple[int, int]]:
    """Where texts without quotes begin and end that may be read otherwise."""
    found = set[tuple[int, int]]()
    open_nodes, seen = [root], set[int]()
    while open_nodes:
        node = open_nodes.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            open_nodes += [part for pair in node.value for part in pair]
        elif isinstance(node, SequenceNode):
            open_nodes += node.value
        elif isinstance(node, ScalarNode) and _is_read_otherwise(node):
            place = node.start_mark.index, node.end_mark.index
            if text[slice(*place)] == node.value:  # without an anchor or a type
                found.add(place)
    return found


def _is_read_otherwise(node: ScalarNode) -> bool:
    return node.tag in _TEXTS and node.style is None and _READ_OTHERWISE.fullmatch(node.value) is not None
