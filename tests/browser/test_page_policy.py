"""The content policy of both pages: their own style and script run, and nothing injected by a value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PLANS, render

Opened = Callable[..., Page]
BROUGHT_IN = {
    "a script": "<script>window.brought = 1</script>",
    "a handler": '<img src="data:," onerror="window.brought = 1">',
    "a style": '<p style="color: red" id="styled">x</p>',
}


@pytest.fixture(params=["plan", "report"])
def html(request: pytest.FixtureRequest, report_html: str) -> str:
    return report_html if request.param == "report" else render(json.loads((PLANS / "replace.json").read_text()))


def test_policy_allows_nothing_by_its_place(html):
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert re.findall(r"<[^>]* (?:style|on\w+)=", html) == []


def test_own_style_and_script_run_without_a_violation(open_html: Opened, html, complaints):
    page = open_html(html)
    assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px"
    assert page.evaluate("typeof openTarget") == "function"
    assert complaints == []


@pytest.mark.parametrize("kind", BROUGHT_IN)
def test_injected_markup_in_a_value_does_not_run(open_html: Opened, html, complaints, kind):
    page = open_html(html.replace("<main>", f"<main>{BROUGHT_IN[kind]}", 1))
    assert page.evaluate("window.brought") is None
    if kind == "a style":
        assert page.evaluate("getComputedStyle(document.getElementById('styled')).color") != "rgb(255, 0, 0)"
    assert any("Content Security Policy" in each for each in complaints)
