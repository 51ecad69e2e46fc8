"""Secrets of every shape, marked at random on either side, are searched for in every form of a review."""

import json
import random
import re

import pytest

from plan_review.render_html import render_page
from plan_review.render_json import as_data
from plan_review.render_markdown import render_markdown
from plan_review.render_text import render_text
from quartal.deploy.drift import drift_as_data, render_drift

KINDS = (
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_s3_bucket",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_security_group",
    "aws_sqs_queue",
    "aws_glue_job",
    "aws_glue_trigger",
    "aws_quicksight_data_set",
    "google_storage_bucket",
    "local_file",
)
NAMES = ("policy", "name", "inline_policy", "rule", "ingress", "bucket", "managed_policy_arns", "filename")
CANARY = re.compile(r"CANARY\d+X")


class Planted:
    """Plans with canaries, and those of them that must not show."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  # a seed is no secret
        self.count = 0
        self.secrets: set[str] = set()

    def plan(self) -> dict:
        """A plan whose changes, drift and outputs hold canaries."""
        return {
            "format_version": "1.2",
            "resource_changes": [self._entry(number) for number in range(3)],
            "resource_drift": [self._entry(number) for number in range(8, 10)],
            "output_changes": {"output": self._change()},
        }

    def _entry(self, number: int) -> dict:
        kind = self.random.choice(KINDS)
        return {"address": f"{kind}.r{number}", "mode": "managed", "type": kind, "change": self._change()}

    def _change(self) -> dict:
        before = {name: self._value(1) for name in self.random.sample(NAMES, 4)}
        after = {name: self._changed(value) for name, value in before.items()}
        actions = self.random.choice([["update"], ["create"], ["delete"], ["delete", "create"], ["no-op"]])
        sides = {"before": None if actions == ["create"] else before, "after": None if actions == ["delete"] else after}
        change = {"actions": actions, **sides}
        for side, value in sides.items():
            change[f"{side}_sensitive"] = marks = self._marks(value, 0)
            self._note(value, marks)
        return change

    def _value(self, depth: int):
        if depth > 3 or self.random.random() < 0.4:
            self.count += 1
            canary = f"CANARY{self.count}X"
            statement = {"Effect": "Allow", "Action": f"s3:{canary}", "Resource": "*", "Principal": "*"}
            return self.random.choice(
                [canary, canary, json.dumps({"Statement": [statement]}), json.dumps({"k": canary})]
            )
        if self.random.random() < 0.5:
            return {name: self._value(depth + 1) for name in self.random.sample(NAMES, self.random.randint(1, 4))}
        return [self._value(depth + 1) for _ in range(self.random.randint(1, 3))]

    def _changed(self, value):
        if self.random.random() < 0.2:
            return self._value(2)
        if isinstance(value, dict):
            return {name: self._changed(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return self.random.sample([self._changed(inner) for inner in value], len(value))  # elements move
        return value

    def _marks(self, value, depth: int):
        if depth and self.random.random() < 0.15:
            return True
        if isinstance(value, dict):
            return {name: self._marks(inner, depth + 1) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._marks(inner, depth + 1) for inner in value]
        return value is not None and self.random.random() < 0.3

    def _note(self, value, marks) -> None:
        if marks is True:
            self.secrets |= set(CANARY.findall(json.dumps(value)))
        elif isinstance(marks, dict):
            for name, inner in marks.items():
                self._note(value[name], inner)
        elif isinstance(marks, list):
            for inner, mark in zip(value, marks, strict=True):
                self._note(inner, mark)


@pytest.mark.parametrize("seed", range(12))
def test_sensitive_canary_is_in_no_format(reviewed, seed):
    planted = Planted(seed)
    found, shown = set(), set()
    for _ in range(4):
        review = reviewed(planted.plan())
        forms = {
            "text": render_text(review),
            "markdown": render_markdown(review),
            "page": render_page(review),
            "json": json.dumps(as_data(review)),
            "findings": json.dumps([finding.model_dump(mode="json") for finding in review.findings]),
            "drift": render_drift("dev", review.plan) + json.dumps(drift_as_data("dev", review.plan)),
        }
        for form, text in forms.items():
            canaries = set(CANARY.findall(text))
            found |= {(form, canary) for canary in canaries & planted.secrets}
            shown |= canaries
    assert found == set()
    assert len(shown) > 50, "what nobody marked is shown"
