"""Policies from data sources that only the apply reads, as terraform-aws-modules writes most of them."""

import json

import pytest

from plan_review.access import access_changes
from plan_review.parse import parse_plan
from tests.unit.plan_review.resource_changes import change

NOT_KNOWN = "queue of {address}: its new policy is known only after apply"


def statement(who: str = "*", **parts) -> dict:
    principals = [{"type": "AWS", "identifiers": [who]}]
    return {"actions": ["sqs:SendMessage"], "principals": principals, "resources": ["arn:q"], **parts}


def document(
    *statements: dict, name: str = "q", module: str = "", index: str = "", unknown: dict | None = None
) -> dict:
    prefix = f"{module}." if module else ""
    return {
        "address": f"{prefix}data.aws_iam_policy_document.{name}{index}",
        "mode": "data",
        "type": "aws_iam_policy_document",
        "module_address": module,
        "change": {
            "actions": ["read"],
            "before": None,
            "after": {"statement": list(statements)},
            "after_unknown": {"json": True, **(unknown or {})},
        },
    }


def policy_of_queue(module: str = "", index: str = "") -> dict:
    entry = change("aws_sqs_queue_policy", None, {})
    entry["change"]["after_unknown"] = {"policy": True, "queue_url": True}
    prefix = f"{module}." if module else ""
    return entry | {"address": f"{prefix}aws_sqs_queue_policy.this{index}", "module_address": module}


def block(address: str, **references: list[str]) -> dict:
    expressions = {name: {"references": mentioned} for name, mentioned in references.items()}
    mode = "data" if address.startswith("data.") else "managed"
    return {"address": address, "mode": mode, "expressions": expressions}


READS = block("aws_sqs_queue_policy.this", policy=["data.aws_iam_policy_document.q.json"])


def told(entries: list[dict], root: dict, **parts) -> list[tuple[str, bool]]:
    """The sentences about access with a principal, and whether they are broad."""
    plan = {"format_version": "1.2", "resource_changes": entries, "configuration": {"root_module": root}, **parts}
    found = access_changes(parse_plan(plan))
    return [(item.sentence.partition(" is now ")[0], item.is_broad) for item in found if item.grant is not None]


def test_policy_for_everybody_is_found_before_the_data_source_is_read():
    assert told([policy_of_queue(), document(statement())], {"resources": [READS]}) == [("everybody", True)]


def test_document_that_no_policy_mentions_tells_nothing():
    other = block("aws_sqs_queue_policy.this", policy=["data.aws_iam_policy_document.other.json"])
    assert told([policy_of_queue(), document(statement())], {"resources": [other]}) == []


def test_document_of_the_root_reaches_a_module_through_its_variable():
    inner = {"resources": [block("aws_sqs_queue_policy.this", policy=["var.policy"])]}
    call = {"expressions": {"policy": {"references": ["data.aws_iam_policy_document.q.json"]}}, "module": inner}
    entries = [policy_of_queue("module.m[0]"), document(statement())]
    assert told(entries, {"module_calls": {"m": call}}) == [("everybody", True)]


def test_document_of_another_instance_of_a_module_is_not_meant():
    inner = {"resources": [READS]}
    entries = [
        policy_of_queue('module.m["a"]'),
        document(statement("arn:aws:iam::1:root"), module='module.m["a"]'),
        document(statement(), module='module.m["b"]'),
    ]
    assert told(entries, {"module_calls": {"m": {"module": inner}}}) == [("arn:aws:iam::1:root", False)]


def test_of_several_documents_that_with_the_index_of_the_policy_is_meant():
    entries = [
        policy_of_queue(index='["a"]'),
        document(statement("arn:aws:iam::1:root"), index='["a"]'),
        document(statement(), index='["b"]'),
    ]
    assert told(entries, {"resources": [READS]}) == [("arn:aws:iam::1:root", False)]


def test_documents_that_another_one_combines_count_whether_read_or_not():
    combined = block(
        "data.aws_iam_policy_document.q",
        source_policy_documents=[
            "data.aws_iam_policy_document.read.json",
            "data.aws_iam_policy_document.late[0].json",
        ],
    )
    entries = [
        policy_of_queue(),
        document(unknown={"source_policy_documents": True}),
        document(statement("arn:aws:iam::1:root"), name="late", index="[0]"),
    ]
    text = json.dumps({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}})
    read = {
        "address": "data.aws_iam_policy_document.read",
        "mode": "data",
        "type": "aws_iam_policy_document",
        "values": {"json": text},
    }
    state = {"values": {"root_module": {"resources": [read]}}}
    found = told(entries, {"resources": [READS, combined]}, prior_state=state)
    assert found == [("everybody", True), ("arn:aws:iam::1:root", False)]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param({"effect": "Deny"}, [("everybody", False)], id="denial"),
        pytest.param(
            {"condition": [{"test": "StringEquals", "variable": "aws:PrincipalOrgID", "values": ["o-1234567"]}]},
            [("everybody", False)],
            id="condition",
        ),
        pytest.param({"principals": [{"type": "*", "identifiers": ["*"]}]}, [("everybody", True)], id="star"),
    ],
)
def test_statement_is_read_as_terraform_writes_it(parts, expected):
    assert told([policy_of_queue(), document(statement() | parts)], {"resources": [READS]}) == expected


def test_sensitive_statement_is_not_shown():
    entry = document(statement("arn:aws:iam::123456789012:role/secret-name"))
    entry["change"]["after_sensitive"] = {"statement": True}
    plan = {
        "format_version": "1.2",
        "resource_changes": [policy_of_queue(), entry],
        "configuration": {"root_module": {"resources": [READS]}},
    }
    assert "secret-name" not in str(parse_plan(plan))


def test_policy_that_nothing_tells_about_stays_unknown():
    plan = {
        "format_version": "1.2",
        "resource_changes": [policy_of_queue(), document(unknown={"statement": True})],
        "configuration": {"root_module": {"resources": [READS]}},
    }
    sentences = [item.sentence for item in access_changes(parse_plan(plan))]
    assert sentences == [NOT_KNOWN.format(address="aws_sqs_queue_policy.this")]


@pytest.mark.parametrize(
    ("effect", "is_locked"), [pytest.param("Allow", False, id="allowed"), pytest.param("Deny", True, id="denied")]
)
def test_document_tells_whether_its_policy_locks_everybody_out(effect, is_locked):
    entry = change("aws_sqs_queue_policy", {"queue_url": "q", "policy": '{"Statement": []}'}, {"queue_url": "q"})
    entry["change"]["after_unknown"] = {"policy": True}
    entries = [entry, document(statement(effect=effect, actions=["sqs:*"]))]
    plan = {
        "format_version": "1.2",
        "resource_changes": entries,
        "configuration": {"root_module": {"resources": [READS]}},
    }
    assert any(item.locks_out for item in access_changes(parse_plan(plan))) is is_locked


def test_document_that_says_what_the_policy_said_gives_and_takes_nothing():
    """The data source writes one value as text, and the plan has a list of it."""
    old = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "sqs:SendMessage",
        "Resource": "arn:q",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [old]})
    entry = change("aws_sqs_queue_policy", {"queue_url": "q", "policy": policy}, {"queue_url": "q"})
    entry["change"]["after_unknown"] = {"policy": True}
    tests = [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}]
    entries = [entry, document(statement(effect="Deny", condition=tests))]
    plan = {
        "format_version": "1.2",
        "resource_changes": entries,
        "configuration": {"root_module": {"resources": [READS]}},
    }
    assert [item.sentence for item in access_changes(parse_plan(plan))] == [
        "queue q: its new policy is known only after apply"
    ]
