"""Escape text from elsewhere, so that it cannot control a terminal, reverse the reading order or break a page.

Data, logs and names of files are written by others. An escape sequence among them can colour, overwrite or retitle a
terminal, and a bidirectional override can make one name look like another. XML 1.0 forbids most of them outright.
"""

from __future__ import annotations

import re

# C0 but tab and line feed, DEL and C1; separators of lines that only some programs break at; marks, embeddings,
# overrides and isolates of the reading order; halves of surrogate pairs, which no encoding can write; non-characters
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def visible(text: str) -> str:
    r"""The text with each such character written as Python writes it, as in `\x1b`; all else stays as it is."""
    return _HIDDEN.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
