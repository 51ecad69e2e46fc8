"""Checks of the pictures within a page."""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ET

HOSTILE = "a\x00\x07\x1b[2J\x85\u202e<script>\"'&]]>"


def svgs(page: str) -> list[str]:
    """The pictures of a page."""
    return re.findall(r"<svg\b.*?</svg>", page, re.DOTALL)


def check_pictures(page: str) -> None:
    """There are pictures; each is valid XML without control characters."""
    found = svgs(page)
    assert found
    for svg in found:
        ET.fromstring(svg.replace("<svg", '<svg xmlns:xlink="x"', 1))  # noqa: S314
        controls = {char for char in svg if unicodedata.category(char) in ("Cc", "Cf") and char not in "\n\t"}
        assert controls == set(), svg[:300]
