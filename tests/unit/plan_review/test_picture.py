"""The picture of a plan is valid XML for any names."""

from __future__ import annotations

import pytest

from plan_review.render_html import render_page
from tests.svg_pictures import HOSTILE, check_pictures


@pytest.mark.filterwarnings("ignore")
def test_picture_of_a_plan_holds_no_control_characters(reviewed):
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
    check_pictures(render_page(reviewed({"format_version": "1.2", "resource_changes": [change]})))
