"""What the stand-alone host adds to moto, so that Terraform and events find there what they ask for."""

import json
from types import SimpleNamespace

import pytest
from moto.iam.access_control import PermissionResult

from localstack_glue.hosts.standalone.event_text import text_for
from localstack_glue.hosts.standalone.moto_additions import find_problem, get_permission

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


EVERYTHING = {"Principal": "*", "Action": "s3:*", "Resource": "*"}
DENIED = {**EVERYTHING, "Effect": "Deny"}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(DENIED, PermissionResult.DENIED, id="everybody is denied"),
        pytest.param({**DENIED, "Principal": {"AWS": "*"}}, PermissionResult.DENIED, id="in other words"),
        pytest.param({**DENIED, "Action": "s3:deleteobject"}, PermissionResult.DENIED, id="case of actions"),
        pytest.param({**EVERYTHING, "Effect": "Allow"}, PermissionResult.PERMITTED, id="everybody is allowed"),
        pytest.param(
            {**DENIED, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            PermissionResult.NEUTRAL,
            id="if",
        ),
        pytest.param({**DENIED, "Principal": {"AWS": "arn:aws:iam::1:role/a"}}, PermissionResult.NEUTRAL, id="a role"),
        pytest.param(
            {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::1:role/a"}, "Action": "s3:*", "Resource": "*"},
            PermissionResult.NEUTRAL,
            id="all but one",
        ),
        pytest.param({**DENIED, "Resource": "arn:aws:s3:::la.e/*"}, PermissionResult.NEUTRAL, id="a dot is a dot"),
        pytest.param({**DENIED, "Action": "s3:PutObject"}, PermissionResult.NEUTRAL, id="another action"),
    ],
)
def test_bucket_policy_counts_where_it_holds_for_everybody_without_a_condition(statement, expected):
    bucket = SimpleNamespace(policy=json.dumps({"Statement": statement}).encode())
    assert get_permission(bucket, "s3:DeleteObject", "arn:aws:s3:::lake/a") is expected


def test_head_of_an_object_needs_the_permission_to_get_it():
    bucket = SimpleNamespace(policy=json.dumps({"Statement": {**DENIED, "Action": "s3:GetObject"}}).encode())
    assert get_permission(bucket, "s3:HeadObject", "arn:aws:s3:::lake/a") is PermissionResult.DENIED
    assert get_permission(SimpleNamespace(policy=None), "s3:GetObject", "arn:x") is PermissionResult.NEUTRAL


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
