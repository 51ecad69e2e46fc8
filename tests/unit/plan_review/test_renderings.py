import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan_review.model import Action
from plan_review.parse import parse_plan
from plan_review.picture import draw
from plan_review.render_html import render_page
from plan_review.render_markdown import render_markdown
from plan_review.render_text import render_text
from plan_review.review import Basis, review
from tests.unit.plan_review.resource_changes import change

HOSTILE = "<script>alert(1)</script> \"quoted\" 'single' & </details> `tick` | pipe @everyone"


def hostile_plan() -> dict:
    change = {
        "actions": ["update"],
        "before": {"tags": {HOSTILE: HOSTILE}, "name": "a"},
        "after": {"tags": {HOSTILE: "b"}, "name": HOSTILE},
    }
    entry = {"address": f'aws_s3_bucket.this["{HOSTILE}"]', "mode": "managed", "type": "aws_s3_bucket"}
    return {"format_version": "1.2", "resource_changes": [entry | {"change": change}]}


def test_page_escapes_whatever_a_value_holds(reviewed):
    page = render_page(reviewed(hostile_plan()))
    assert "<script>alert" not in page
    assert page.count("<script>") == 1
    assert "&lt;script&gt;alert(1)" in page


def test_page_makes_no_network_request(reviewed):
    page = render_page(reviewed("replace"))
    assert "default-src 'none'" in page
    assert not any(sign in page for sign in ("http://", "https://", "<link", "src="))


def test_markdown_value_ends_neither_its_code_span_nor_its_cell(reviewed):
    text = render_markdown(reviewed(hostile_plan()))
    for line in text.splitlines():
        if "tags" in line:
            assert line.count("``") % 2 == 0
        assert "| pipe" not in line or "\\| pipe" in line


def test_key_of_a_module_is_no_markup_of_the_comment(reviewed):
    key = 'x"]</summary></details><h1>approved</h1><img src=y>_z_'
    entry = change("aws_glue_job", {"name": "a"}, {"name": "b"})
    entry |= {"module_address": f'module.m["{key}', "address": f'module.m["{key}.aws_glue_job.this'}
    text = render_markdown(reviewed({"format_version": "1.2", "resource_changes": [entry]}))
    summary = next(line for line in text.splitlines() if line.startswith("<details"))
    assert summary.count("<") == 3  # details, summary and its end
    assert "&lt;h1&gt;" in summary
    assert "\\_" not in summary, "Markdown's escapes mean nothing within HTML"


def test_comment_mentions_nobody_and_no_issue(reviewed):
    entry = change("aws_iam_policy_attachment", None, {"policy_arn": "p", "users": ["@octocat", "#12"]})
    text = render_markdown(reviewed({"format_version": "1.2", "resource_changes": [entry]}))
    # GitHub looks for both in the text that Markdown has made, where no escape is left
    told = [line for line in text.splitlines() if "now has policy" in line]
    assert told == [
        "- **gains**: user \\#<!-- -->12 now has policy p",
        "- **gains**: user @<!-- -->octocat now has policy p",
    ]


def test_name_of_a_plan_is_no_markup_of_the_comment(basis):
    text = render_markdown(review(parse_plan(hostile_plan()), replace(basis, environment="<h1>[x](y)")))
    assert "<h1>" not in text
    assert "[x](y)" not in text


def test_values_that_steer_a_terminal_break_no_row_of_a_large_page(reviewed):
    entry = change("aws_glue_job", {"description": "a"}, {"description": "\x7f\x85\u202e\\x41 end"})
    page = render_page(reviewed({"format_version": "1.2", "resource_changes": [entry]}), most_written_out=0)
    rows = json.loads(re.search(r'id="rows">(.*?)</script>', page, re.DOTALL)[1])
    assert rows == [[["description", "a", r"\x7f\x85\u202e\x41 end", 0]]]


def test_markdown_of_a_huge_plan_fits_into_a_comment_and_counts_what_is_missing(reviewed):
    entry = hostile_plan()["resource_changes"][0]
    plan = {
        "format_version": "1.2",
        "resource_changes": [entry | {"address": f"aws_s3_bucket.b[{number}]"} for number in range(2000)],
    }
    text = render_markdown(reviewed(plan))
    assert len(text) < 65_536
    assert "does not fit into a comment" in text
    assert text.splitlines().count("</details>") == sum(line.startswith("<details") for line in text.splitlines())


def test_picture_puts_what_others_depend_on_to_the_left(reviewed):
    picture = draw(reviewed("create").plan)
    at = {box.address: box for box in picture.boxes}
    assert at["aws_iam_role.job"].x < at["aws_glue_job.features"].x < at["aws_glue_trigger.start"].x
    assert {(line.start.address, line.end.address) for line in picture.lines} >= {
        ("aws_glue_job.features", "aws_glue_trigger.start"),
        ("module.lake.aws_s3_bucket.this", "module.lake.aws_s3_bucket_versioning.this"),
    }


def test_picture_of_many_blocks_shows_modules(reviewed):
    entries = [
        {
            "address": f"module.m{number % 3}.aws_s3_object.o{number}",
            "module_address": f"module.m{number % 3}",
            "type": "aws_s3_object",
            "change": {"actions": ["create"], "before": None, "after": {"key": "k"}},
        }
        for number in range(300)
    ]
    picture = draw(parse_plan({"format_version": "1.2", "resource_changes": entries}))
    assert [(box.address, box.count, box.action) for box in picture.boxes] == [
        (f"module.m{number}", 100, Action.CREATE) for number in range(3)
    ]


def test_picture_draws_what_a_module_is_given_as_mentioned_by_all_of_it(reviewed):
    addresses = ["aws_kms_key.k", "module.lake.aws_s3_bucket.b", "module.lake.module.inner.aws_sns_topic.t"]
    change = {"actions": ["create"], "before": None, "after": {"x": 1}}
    call = {"expressions": {"key": {"references": ["aws_kms_key.k.arn", "aws_kms_key.k"]}}, "module": {}}
    picture = draw(
        parse_plan(
            {
                "format_version": "1.2",
                "resource_changes": [{"address": address, "change": change} for address in addresses],
                "configuration": {"root_module": {"module_calls": {"lake": call}}},
            }
        )
    )
    found = {(line.start.address, line.end.address) for line in picture.lines}
    assert found == {("aws_kms_key.k", address) for address in addresses[1:]}


@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6))))
def test_picture_of_any_references_ends_and_loses_no_box(edges):
    names = [f"a.b{number}" for number in range(7)]
    entries = [
        {"address": name, "change": {"actions": ["create"], "before": None, "after": {"x": 1}}} for name in names
    ]
    resources = [
        {
            "address": name,
            "mode": "managed",
            "expressions": {
                "x": {"references": [f"a.b{target}.id" for source, target in sorted(edges) if source == i]}
            },
        }
        for i, name in enumerate(names)
    ]
    data = {
        "format_version": "1.2",
        "resource_changes": entries,
        "configuration": {"root_module": {"resources": resources}},
    }
    assert sorted(box.address for box in draw(parse_plan(json.loads(json.dumps(data)))).boxes) == names


def test_review_of_the_same_plan_is_the_same_text(reviewed, basis: Basis):
    plan = reviewed("replace").plan
    assert render_page(review(plan, basis)) == render_page(review(plan, basis))


LONG = "x" * 300


@pytest.mark.parametrize(
    ("before", "after", "shown_of_it"),
    [
        pytest.param(
            [f"10.0.{i}.0/24" for i in range(60)],
            [*(f"10.0.{i}.0/24" for i in range(60)), "1.2.3.4/32"],
            "1.2.3.4/32",
            id="list",
        ),
        pytest.param(f"{LONG} old", f"{LONG} new", "new", id="text"),
        pytest.param({"a": LONG, "b": "old"}, {"a": LONG, "b": "new"}, "b: old -> new", id="block"),
    ],
)
def test_difference_at_the_end_of_a_long_value_is_shown(reviewed, before, after, shown_of_it):
    entry = change("aws_security_group", {"description": before}, {"description": after})
    made = reviewed({"format_version": "1.2", "resource_changes": [entry]})
    for form in (render_text(made), render_markdown(made).replace("`", "").replace("→", "->")):
        assert shown_of_it in form


def test_long_list_is_shown_by_what_comes_and_goes_and_by_the_number_of_what_stays(reviewed):
    before = [f"10.0.{i}.0/24" for i in range(60)]
    entry = change("aws_security_group", {"description": before}, {"description": [*before[2:], "1.2.3.4/32"]})
    shown = '["10.0.0.0/24", "10.0.1.0/24"] and 58 unchanged -> ["1.2.3.4/32"] and 58 unchanged'
    assert shown in render_text(reviewed({"format_version": "1.2", "resource_changes": [entry]}))
