"""A create shows what it creates, in text and in Markdown: what decides first, the rest folded, nothing hidden."""

import json

import pytest

from plan_review.render_markdown import render_markdown
from plan_review.render_text import render_text
from tests.unit.plan_review.resource_changes import change

DELETING = {
    "bucket": "b",
    "rule": [{"id": "old", "status": "Enabled", "filter": [{"prefix": "curated/"}], "expiration": [{"days": 1}]}],
}
OPEN = {
    "name": "web",
    "ingress": [{"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}],
    "tags": {"team": "data"},
}
STATEMENT = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::lake/*"}


def forms(reviewed, entry: dict, **more) -> list[str]:
    review = reviewed({"format_version": "1.2", "resource_changes": [entry], **more})
    return [render_text(review), render_markdown(review).replace("`", "")]


@pytest.mark.parametrize(
    ("kind", "after", "lines"),
    [
        pytest.param(
            "aws_security_group",
            OPEN,
            ['ingress[0].cidr_blocks: ["0.0.0.0/0"]', "ingress[0].from_port: 22", "and 1 more: tags"],
            id="ports",
        ),
        pytest.param(
            "aws_s3_bucket_lifecycle_configuration",
            DELETING,
            ["rule[0].expiration[0].days: 1", "rule[0].filter[0].prefix: curated/"],
            id="lifecycle",
        ),
        pytest.param(
            "aws_iam_role_policy",
            {"role": "r", "policy": json.dumps({"Statement": [STATEMENT]})},
            ['policy.Statement[0].Action: ["s3:GetObject"]', "policy.Statement[0].Resource: arn:aws:s3:::lake/*"],
            id="policy",
        ),
        pytest.param("aws_cloudwatch_log_group", {"retention_in_days": 7}, ["retention_in_days: 7"], id="retention"),
        pytest.param("aws_lb", {"internal": False}, ["internal: false"], id="what is off"),
        pytest.param("google_anything", {"colour": "red"}, ["colour: red"], id="type that nobody knows"),
    ],
)
def test_create_shows_what_it_creates(reviewed, kind, after, lines):
    for form in forms(reviewed, change(kind, None, after)):
        assert [line for line in lines if line not in form] == []


def test_create_shows_no_secret(reviewed):
    entry = change("aws_db_instance", None, {"name": "d", "password": "hunter2", "rule": [{"token": "hunter3"}]})
    entry["change"]["after_sensitive"] = {"password": True, "rule": [{"token": True}]}
    for form in forms(reviewed, entry):
        assert "hunter" not in form
        assert "rule[0].token: (sensitive value)" in form


def test_omitted_attributes_of_a_large_create_are_named(reviewed):
    after = {f"colour_{number}": "red" for number in range(20)}
    for form in forms(reviewed, change("aws_timestreamwrite_table", None, after)):
        assert "and 12 more: " in form
        assert all(name in form.replace("\\", "") for name in after)
