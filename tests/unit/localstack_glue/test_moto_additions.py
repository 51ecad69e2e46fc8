"""What the stand-alone host adds to moto, so that Terraform and events find there what they ask for."""

import json

import pytest

from localstack_glue.hosts.standalone.event_text import text_for
from localstack_glue.hosts.standalone.moto_additions import find_problem, unconditional

WAIT = {"Type": "Wait", "Seconds": 1, "Next": "Done"}


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        ({"StartAt": "Wait", "States": {"Wait": WAIT, "Done": {"Type": "Succeed"}}}, None),
        ("{", "INVALID_JSON_DESCRIPTION"),
        ([], "SCHEMA_VALIDATION_FAILED"),
        ({"StartAt": "Wait"}, "SCHEMA_VALIDATION_FAILED"),
        ({"StartAt": "Wait", "States": {}}, "SCHEMA_VALIDATION_FAILED"),
        ({"StartAt": "Other", "States": {"Done": {"Type": "Succeed"}}}, "MISSING_TRANSITION_TARGET"),
        ({"StartAt": "Wait", "States": {"Wait": WAIT}}, "MISSING_TRANSITION_TARGET"),
        ({"States": {"Done": {"Type": "Succeed"}}}, "MISSING_TRANSITION_TARGET"),
    ],
)
def test_definition_of_a_state_machine_is_sound_or_has_a_problem_of_this_kind(definition, code):
    text = definition if isinstance(definition, str) else json.dumps(definition)
    problem = find_problem(text)
    assert (problem[0] if problem else None) == code


def test_statement_with_a_condition_of_a_bucket_policy_is_not_taken_for_one_that_always_holds():
    always = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "*"}
    without_tls = {**always, "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    assert unconditional(json.dumps({"Statement": [without_tls, always]})) == [always]
    assert unconditional(json.dumps({"Statement": without_tls})) == []


EVENT = {"source": "quartal", "detail": {"summary": 'rows "bad"', "rows": 3, "last": None, "files": ["a", "b\n"]}}
PATHS = {
    "summary": "$.detail.summary",
    "rows": "$.detail.rows",
    "no": "$.detail.no.such",
    "second": "$.detail.files[1]",
    "third": "$.detail.files[2]",
}


def transformed(template):
    return {"InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": template}}


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ({"Input": "fixed"}, "fixed"),
        ({"InputPath": "$.detail.files"}, '["a", "b\\n"]'),
        ({}, json.dumps(EVENT)),
        (transformed('"<summary>: <rows>"\n"<no>"'), 'rows "bad": 3\nnull'),
        (transformed('"say \\"<rows>\\" <other>"'), 'say "3" <other>'),
        (transformed('"<second>"'), "b\n"),
        (transformed('{\n  "summary": <summary>,\n  "rows": <rows>,\n  "no": <third>\n}'), None),
        (transformed('{"summary": "<summary>", "rows": 3, "no": null}'), None),
    ],
)
def test_target_is_sent_its_own_text_the_transformed_one_or_the_event(target, text):
    found = text_for(target, EVENT)
    if text is None:  # of JSON only the meaning counts
        assert json.loads(found) == {"summary": 'rows "bad"', "rows": 3, "no": None}
    else:
        assert found == text
