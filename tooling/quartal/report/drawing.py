"""A Vega-Lite chart as SVG that stands in the page: drawn here, so that the page needs no library and no network.

A mark may carry keys for the page's filter before what it tells: `told(text, run=..., deliveries=...)`. Colours are the
page's own CSS variables and patterns, so that a chart follows the page into the dark and onto paper.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from quartal.visible import visible

_SVG = "http://www.w3.org/2000/svg"
_KEYS_END = "\u241f"  # "symbol for unit separator": in no name and in no sentence
_CONFIG: dict[str, Any] = {
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--ink)",
        "titleColor": "var(--soft)",
        "gridColor": "var(--line)",
        "domainColor": "var(--soft)",
        "tickColor": "var(--soft)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "legend": {
        "columnPadding": 45,
        "labelColor": "var(--ink)",
        "labelFontSize": 12,
        "orient": "top",
        "title": None,
        "symbolSize": 120,
    },
    "text": {"fill": "var(--ink)", "fontSize": 12},
}


def told(text: str, *, run: str = "", deliveries: Iterable[str] = ()) -> str:
    """What a mark tells when pointed at, with what the filter knows it by."""
    return _KEYS_END.join((run, " ".join(deliveries), text))


def draw(spec: dict[str, Any], *, label: str) -> Markup:
    """Draw a chart; `label` says in a sentence what it shows.

    Raises:
        ValueError: the specification is none.
    """
    import vl_convert  # it starts a JavaScript engine, which only this needs

    # a name with a control character would make a picture that no browser and no parser reads
    text = vl_convert.vegalite_to_svg(_visible({"config": _CONFIG, **spec}), allowed_base_urls=[])
    ET.register_namespace("", _SVG)
    root = ET.fromstring(text)  # noqa: S314  # made by the line above
    root.set("role", "group")
    root.set("aria-label", visible(label))
    root.attrib.pop("class", None)
    for element in root.iter():
        element.attrib.pop("style", None)  # the page's policy takes no style but its own sheet
        _annotate(element)
    # S704: the only text in it is escaped by ElementTree
    return Markup(re.sub(r' xmlns(:xlink)?="[^"]*"', "", ET.tostring(root, encoding="unicode")))  # noqa: S704


def _visible(value: Any) -> Any:
    if isinstance(value, dict):
        return {visible(name): _visible(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_visible(each) for each in value]
    return visible(value) if isinstance(value, str) else value


def _annotate(element: ET.Element) -> None:
    """Give a mark that tells something its keys, and take away roles that repeat what the table beside says."""
    text = element.get("aria-label", "")
    if _KEYS_END in text:
        run, deliveries, sentence = text.split(_KEYS_END)
        element.set("aria-label", sentence)
        element.set("role", "img")
        element.set("class", "told")
        element.attrib.pop("aria-roledescription", None)
        if run:
            element.set("data-run", run)
        if deliveries:
            element.set("data-deliveries", deliveries)
    elif element.tag != f"{{{_SVG}}}svg":
        for name in ("role", "aria-roledescription", "aria-label", "class"):
            element.attrib.pop(name, None)
