"""Every picture of both pages is valid XML for any names."""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from plan_review.render_html import render_page
from quartal.report.page import render_report
from tests.unit.plan_review.conftest import basis, reviewed  # noqa: F401 - fixtures
from tests.unit.quartal.report.example import example_report

HOSTILE = "a\x00\x07\x1b[2J\x85\u202e<script>\"'&]]>"


def svgs(page: str) -> list[str]:
    return re.findall(r"<svg\b.*?</svg>", page, re.DOTALL)


def check(page: str) -> None:
    found = svgs(page)
    assert found
    for svg in found:
        ET.fromstring(svg.replace("<svg", '<svg xmlns:xlink="x"', 1))  # noqa: S314
        controls = {char for char in svg if unicodedata.category(char) in ("Cc", "Cf") and char not in "\n\t"}
        assert controls == set(), svg[:300]


@pytest.mark.filterwarnings("ignore")
def test_picture_of_a_plan_holds_no_control_characters(reviewed):  # noqa: F811
    change = {
        "address": f'aws_s3_bucket.b["{HOSTILE}"]',
        "mode": "managed",
        "type": "aws_s3_bucket",
        "name": f"b{HOSTILE}",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {
            "actions": ["create"],
            "before": None,
            "after": {"bucket": HOSTILE},
            "after_unknown": {},
            "before_sensitive": False,
            "after_sensitive": {},
        },
    }
    check(render_page(reviewed({"format_version": "1.2", "resource_changes": [change]})))


def test_pictures_of_a_report_hold_no_control_characters():
    report = example_report()
    runs = tuple(replace(run, run_id=f"{run.run_id}{HOSTILE}") for run in report.runs)
    check(render_report(replace(report, runs=runs), environment_option=""))
