"""What policies decide: statements, wildcards, conditions."""

import fnmatch
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localstack_glue.iam import conditions, patterns
from localstack_glue.iam.policy import Access, Verdict, decide, parse, trusts_service

BUCKET = "arn:aws:s3:::lake"


def policy(*statements: dict) -> tuple:
    return parse("p", json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def allow(action: object, resource: object = "*", **more: object) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object, resource: object = "*", **more: object) -> dict:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def verdict(statements: tuple, action: str, resource: str = f"{BUCKET}/raw/a.csv", **context: str) -> Verdict:
    given_context = {key.replace("__", ":").replace("_", "-"): (value,) for key, value in context.items()}
    return decide(statements, Access(action, (resource,), given_context)).verdict


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param([], Verdict.NOT_ALLOWED, id="nothing"),
        pytest.param([allow("s3:GetObject", f"{BUCKET}/raw/*")], Verdict.ALLOWED, id="allow"),
        pytest.param([allow(["s3:PutObject", "s3:getobject"])], Verdict.ALLOWED, id="action-by-any-case"),
        pytest.param([allow("s3:Get*")], Verdict.ALLOWED, id="action-wildcard"),
        pytest.param([allow("s3:Get?bject")], Verdict.ALLOWED, id="one-character"),
        pytest.param([allow("*")], Verdict.ALLOWED, id="everything"),
        pytest.param([allow("s3:GetObject", f"{BUCKET}/RAW/*")], Verdict.NOT_ALLOWED, id="resource-by-case"),
        pytest.param([allow("s3:GetObject", BUCKET)], Verdict.NOT_ALLOWED, id="bucket-is-not-its-objects"),
        pytest.param([allow("s3:GetObject", "arn:aws:s3:::la.e/*")], Verdict.NOT_ALLOWED, id="dot-is-a-dot"),
        pytest.param([allow("*"), deny("s3:GetObject", f"{BUCKET}/raw/*")], Verdict.DENIED_EXPLICITLY, id="deny-wins"),
        pytest.param([deny("s3:*"), allow("*")], Verdict.DENIED_EXPLICITLY, id="deny-wins-in-any-order"),
        pytest.param([allow("*"), deny("s3:PutObject")], Verdict.ALLOWED, id="deny-of-something-else"),
        pytest.param(
            [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], Verdict.ALLOWED, id="not-action-takes-in"
        ),
        pytest.param(
            [{"Effect": "Allow", "NotAction": ["s3:Get*"], "Resource": "*"}], Verdict.NOT_ALLOWED, id="not-action"
        ),
        pytest.param(
            [{"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/raw/*"}],
            Verdict.NOT_ALLOWED,
            id="not-resource",
        ),
        pytest.param(
            [allow("s3:*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": f"{BUCKET}/code/*"}],
            Verdict.DENIED_EXPLICITLY,
            id="deny-not-resource",
        ),
        pytest.param(
            [allow("s3:*", Condition={"StringEquals": {"s3:prefix": "raw"}})],
            Verdict.NOT_ALLOWED,
            id="condition-of-allow-does-not-hold",  # moto answers DENIED here
        ),
        pytest.param(
            [allow("s3:*", Condition={"StringEquals": {"s3:prefix": "raw"}}), allow("s3:GetObject")],
            Verdict.ALLOWED,
            id="another-statement-allows",
        ),
        pytest.param(
            [allow("s3:*"), deny("s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})],
            Verdict.ALLOWED,
            id="condition-of-deny-does-not-hold",
        ),
    ],
)
def test_decision(statements, expected):
    assert verdict(policy(*statements), "s3:GetObject", aws__securetransport="true") is expected


def test_single_statement_may_be_without_a_list():
    document = json.dumps({"Statement": allow("s3:GetObject")})
    assert verdict(parse("p", document), "s3:GetObject") is Verdict.ALLOWED


def test_decision_names_the_deciding_statement():
    statements = policy(allow("s3:PutObject"), allow("s3:Get*", Sid="Read"), allow("*"))
    decision = decide(statements, Access("s3:GetObject", (BUCKET,), {}))
    assert (decision.statement.label, decision.statement.matching_actions("s3:GetObject")) == ("p/Read", ("s3:Get*",))


def test_unknown_resource_is_not_checked():
    unknown = Access("lambda:InvokeFunction", (), {})
    assert decide(policy(allow("lambda:*", "arn:aws:lambda:::x")), unknown).is_allowed
    assert decide(policy(allow("*"), deny("lambda:*", "arn:aws:lambda:::x")), unknown).is_allowed
    assert decide(policy(allow("*"), deny("lambda:*")), unknown).verdict is Verdict.DENIED_EXPLICITLY


def test_resource_may_have_the_caller_in_it():
    statements = policy(allow("s3:GetObject", BUCKET + "/${aws:PrincipalTag/team}/*"))
    access = Access("s3:GetObject", (f"{BUCKET}/red*/a",), {"aws:principaltag/team": ("red*",)})
    other = Access("s3:GetObject", (f"{BUCKET}/redder/a",), {"aws:principaltag/team": ("red*",)})
    nobody = Access("s3:GetObject", (f"{BUCKET}//a",), {})
    assert [decide(statements, each).is_allowed for each in (access, other, nobody)] == [True, False, False]


@pytest.mark.parametrize(("tags", "expected"), [({}, True), ({"aws:principaltag/team": ("blue",)}, False)])
def test_variable_without_a_value_has_its_default(tags, expected):
    statements = policy(allow("s3:GetObject", BUCKET + "/${aws:PrincipalTag/team, 'red'}/*"))
    assert decide(statements, Access("s3:GetObject", (f"{BUCKET}/red/a",), tags)).is_allowed is expected


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_denied_trust_outweighs_every_allow(order):
    said = [
        {"Effect": effect, "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}
        for effect in ("Allow", "Deny")
    ]
    assert not trusts_service(policy(*(said[place] for place in order)), "glue.amazonaws.com", {})


CONTEXT = {
    "s3:prefix": ("raw/2024/",),
    "aws:securetransport": ("true",),
    "aws:epochtime": ("1700000000",),
    "aws:currenttime": ("2024-03-01T00:00:00Z",),
    "aws:sourceip": ("10.1.2.3",),
    "aws:principalarn": ("arn:aws:iam::1:role/etl",),
    "aws:tagkeys": ("a", "b"),
    "aws:sourcearn": ("arn:aws:logs:us-east-1:1:log-group:a:b",),
    "s3:max-keys": ("10",),
    "aws:principalaccount": ("1",),
}


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "expected"),
    [
        ("StringEquals", "s3:prefix", "raw/2024/", True),
        ("StringEquals", "s3:prefix", "raw/*", False),
        ("StringEquals", "S3:Prefix", ["x", "raw/2024/"], True),
        ("StringEquals", "s3:delimiter", "/", False),
        ("StringEqualsIfExists", "s3:delimiter", "/", True),
        ("StringEqualsIgnoreCase", "s3:prefix", "RAW/2024/", True),
        ("StringLike", "s3:prefix", ["raw", "raw/*"], True),
        ("StringLike", "s3:prefix", ["ra", "code/*"], False),
        ("StringNotLike", "s3:prefix", "code/*", True),
        ("StringNotEquals", "s3:prefix", ["x", "raw/2024/"], False),
        ("StringNotEquals", "s3:delimiter", "/", True),  # a negated operator holds without the key
        ("Bool", "aws:SecureTransport", "true", True),
        ("Bool", "aws:SecureTransport", False, False),
        ("Null", "s3:delimiter", "true", True),
        ("Null", "s3:prefix", "true", False),
        ("Null", "s3:prefix", False, True),
        ("NumericLessThanEquals", "s3:max-keys", "10", True),
        ("NumericGreaterThan", "s3:max-keys", 10, False),
        ("NumericNotEquals", "s3:max-keys", "9", True),
        ("NumericEquals", "s3:prefix", "10", False),
        ("DateLessThan", "aws:CurrentTime", "2024-03-02T00:00:00Z", True),
        ("DateGreaterThan", "aws:EpochTime", "1800000000", False),
        ("IpAddress", "aws:SourceIp", "10.1.0.0/16", True),
        ("NotIpAddress", "aws:SourceIp", ["10.1.0.0/16", "192.168.0.0/24"], False),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:*:role/etl", False),  # a star does not cross a colon
        ("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::1:role/other", True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b", "c"], True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["a"], False),
        ("ForAllValues:StringEquals", "s3:delimiter", ["a"], True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["b", "x"], True),
        ("ForAnyValue:StringEquals", "s3:delimiter", ["b"], False),
        ("ForAnyValue:StringNotEquals", "aws:TagKeys", ["a"], True),
        ("ForAnyValue:StringNotEquals", "s3:delimiter", ["a"], False),  # there is no value that could be any
        ("ArnLike", "aws:SourceArn", "arn:aws:logs:*:1:log-group*", True),  # the last part has colons of its own
        ("ArnLike", "aws:SourceArn", "arn:aws:logs:*:log-group*", False),
        ("ArnNotLike", "aws:SourceArn", "arn:aws:logs:*:1:log-group:a:*", False),
    ],
)
def test_condition_operators(operator, key, wanted, expected):
    assert conditions.hold({operator: {key: wanted}}, CONTEXT) is expected


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("arn:aws:sqs:*:lake", "arn:aws:sqs:eu-west-1:1:lake", True),  # at the end of a part a star goes on
        ("arn:aws:sqs:eu*1:lake", "arn:aws:sqs:eu-west-1:1:lake", False),  # inside of one it does not
        ("arn:aws:sqs:eu-*-1:*:lake", "arn:aws:sqs:eu-west-1:1:lake", True),
        ("arn:aws:sqs:eu-west-?:1?lake", "arn:aws:sqs:eu-west-1:1:lake", False),
        ("arn:aws:logs:*:1:log-group:/aws/*:x", "arn:aws:logs:r:1:log-group:/aws/a:b:x", True),
        ("arn:aws:logs:*:1:log*:x", "arn:aws:logs:r:1:log-group:a:x", True),  # a name has colons of its own
        ("arn:aws:sqs", "arn:aws:sqs:eu-west-1:1:lake", True),  # parts that are missing are anything
        ("arn:aws:sqs:eu-west-1", "arn:aws:sqs:us-east-1:1:lake", False),
        ("arn:aws:dynamodb:*table/a", "arn:aws:dynamodb:r:1:table/a", False),
        ("arn:aws:s3:::${aws:PrincipalAccount}-lake", "arn:aws:s3:::1-lake", True),
        ("arn:aws:sqs:*:${aws:PrincipalAccount}:*", "arn:aws:sqs:r:1:lake", True),
        ("arn:aws:s3:::${aws:username}", "arn:aws:s3:::${aws:username}", False),
        ("arn:aws:s3:::${*}", "arn:aws:s3:::lake", False),
    ],
)
def test_pattern_of_a_resource_goes_by_the_parts_of_the_arn(pattern, resource, expected):
    context = {"aws:principalaccount": ("1",)}
    assert patterns.matches_resource(pattern, resource, context) is expected
    # a statement that excludes the resource is its reverse
    allowing, excluding = (
        policy({"Effect": "Allow", "Action": "a:b", element: pattern}) for element in ("Resource", "NotResource")
    )
    access = Access("a:b", (resource,), context)
    assert [decide(each, access).is_allowed for each in (allowing, excluding)] == [expected, not expected]


@pytest.mark.parametrize(("version", "expected"), [("2012-10-17", True), ("2008-10-17", False), (None, False)])
def test_variables_are_text_before_their_version(version, expected):
    said = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": BUCKET + "/${aws:PrincipalTag/team}/*"}
    said["Condition"] = {"StringEquals": {"aws:PrincipalTag/team": "${aws:PrincipalTag/team}"}}
    document = {"Statement": said} | ({"Version": version} if version else {})
    access = Access("s3:GetObject", (f"{BUCKET}/red/a",), {"aws:principaltag/team": ("red",)})
    assert decide(parse("p", json.dumps(document)), access).is_allowed is expected


def test_variable_that_is_text_matches_itself():
    assert patterns.matches_resource("arn:aws:logs:r:1:${a}:*", "arn:aws:logs:r:1:${a}:x", None) is True


ALLOW = '{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}'


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("no JSON", "no JSON"),
        ("[]", "no object"),
        ('{"Statement": [1]}', "statement 0 is no object"),
        ('{"Version": "2025-01-01", "Statement": []}', "version is 2025-01-01"),
        (f'{{"Statement": {ALLOW}, "Statement": {ALLOW}}}', "Statement is there twice"),
        (ALLOW.replace("{", '{"Effect": "Deny", '), "Effect is there twice"),
        (ALLOW.replace("Allow", "allow"), "no Effect"),
        (ALLOW.replace("{", '{"condition": {}, '), "unknown element condition"),
        (ALLOW.replace("{", '{"NotAction": "a:b", '), "both Action and NotAction"),
        (ALLOW.replace('"s3:*"', "[]"), "no actions"),
        (ALLOW.replace("s3:*", "s*:Get"), "s*:Get"),
        (ALLOW.replace("s3:*", "GetObject"), "GetObject"),
        (ALLOW.replace('"Resource": "*"', '"Resource": []'), "no resources"),
        (ALLOW.replace('"*"', '{"a": 1}'), "the resource {'a': 1}"),
        (ALLOW.replace("{", '{"Principal": "arn:aws:iam::1:root", '), "neither * nor an object"),
        (ALLOW.replace("{", '{"NotPrincipal": ["*"], '), "neither * nor an object"),
        (ALLOW.replace("{", '{"Condition": [], '), "no object of operators"),
        (ALLOW.replace("{", '{"Condition": {"StringMatches": {"a": "b"}}, '), "operator StringMatches"),
        (ALLOW.replace("{", '{"Condition": {"NullIfExists": {"a": "true"}}, '), "operator NullIfExists"),
        (ALLOW.replace("{", '{"Condition": {"ForSome:StringLike": {"a": "b"}}, '), "operator ForSome:StringLike"),
        (ALLOW.replace("{", '{"Condition": {"StringLike": {"a": {"b": 1}}}, '), "compares a"),
    ],
)
def test_policy_that_aws_would_not_take_denies_everything_and_names_the_problem(document, problem):
    text = document if document[:2] in ("no", "[]") or "Statement" in document else f'{{"Statement": {document}}}'
    decision = decide((*policy(allow("*")), *parse("broken", text)), Access("glue:GetJob", ("x",), {}))
    assert decision.verdict is Verdict.DENIED_EXPLICITLY
    assert (decision.statement.policy, problem in decision.statement.problem) == ("broken", True)


def test_all_of_a_condition_must_hold():
    both = {"StringLike": {"s3:prefix": "raw*"}, "Bool": {"aws:SecureTransport": "false"}}
    assert conditions.hold(both, CONTEXT) is False
    assert conditions.hold(None, CONTEXT) is True


def test_unknown_operator_is_an_error():
    with pytest.raises(conditions.UnknownOperatorError):
        conditions.hold({"StringMatches": {"s3:prefix": "raw"}}, CONTEXT)


texts = st.text(alphabet="ab*?.[]$^\n/", max_size=12)


@given(pattern=texts, value=texts)
def test_wildcards_agree_with_the_shells(pattern, value):
    escaped = pattern.replace("[", "[[]")
    assert patterns.matches(pattern, value) is fnmatch.fnmatchcase(value, escaped)


@given(pattern=st.text(alphabet="ab*?{}", max_size=12), value=st.text(alphabet="ab*?{}", max_size=12))
def test_patterns_without_variables_are_the_same_with_a_context(pattern, value):
    assert patterns.matches_with(pattern, value, {}) is patterns.matches(pattern, value)


@given(value=texts)
def test_literal_variables_are_no_wildcards(value):
    assert patterns.matches_with("a${*}b", value, {}) is (value == "a*b")


actions = st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:*", "*", "glue:Get*"])


@given(allowed=st.lists(actions, max_size=4), denied=st.lists(actions, max_size=2), asked=actions)
def test_deny_always_wins_and_order_never_matters(allowed, denied, asked):
    statements = [allow(action) for action in allowed] + [deny(action) for action in denied]
    asked = asked.replace("*", "X")
    forwards = verdict(policy(*statements), asked) if statements else Verdict.NOT_ALLOWED
    backwards = verdict(policy(*reversed(statements)), asked) if statements else Verdict.NOT_ALLOWED
    assert forwards is backwards
    if any(patterns.matches(action, asked) for action in denied):
        assert forwards is Verdict.DENIED_EXPLICITLY


def trust(principal: object, **more: object) -> tuple:
    return policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more})


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(trust({"Service": "glue.amazonaws.com"}), True, id="glue"),
        pytest.param(trust({"Service": ["ec2.amazonaws.com", "glue.amazonaws.com"]}), True, id="glue-among-others"),
        pytest.param(trust({"Service": "lambda.amazonaws.com"}), False, id="another-service"),
        pytest.param(trust({"AWS": "arn:aws:iam::1:root"}), False, id="an-account"),
        pytest.param(trust("*"), True, id="anybody"),
        pytest.param(trust({"AWS": "*"}), True, id="anybody, in other words"),
        pytest.param(
            policy({"Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": {"Service": "ec2.amazonaws.com"}}),
            True,
            id="anybody but another service",
        ),
        pytest.param(
            (
                *trust("*"),
                *policy({"Effect": "Deny", "Action": "sts:*", "NotPrincipal": {"AWS": "arn:aws:iam::1:root"}}),
            ),
            False,
            id="all but an account are denied",
        ),
        pytest.param(parse("trust", "{"), False, id="no policy"),
        pytest.param(trust({"Service": "glue.amazonaws.com"}, Effect="Deny"), False, id="denied"),
        pytest.param(trust({"Service": "glue.amazonaws.com"}, Action="sts:TagSession"), False, id="another-action"),
        pytest.param(
            trust({"Service": "glue.amazonaws.com"}, Condition={"StringEquals": {"aws:SourceAccount": "000000000000"}}),
            False,
            id="asks-for-a-source-account",  # Glue does not send it when it assumes a role
        ),
    ],
)
def test_trust_in_the_service(statements, expected):
    assert trusts_service(statements, "glue.amazonaws.com", {}) is expected
