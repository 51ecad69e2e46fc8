"""No change that lets anybody do more goes unsaid: policies before and after, and every request of a small world.

The requests are decided here as IAM documents it, from the policies' text, and not by the review's own reading.
"""

import json
import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plan_review.access import access_changes
from plan_review.access_sentences import AccessChange
from plan_review.parse import parse_plan
from tests.unit.plan_review.resource_changes import change

OURS, THEIRS = "arn:aws:iam::111122223333:role/job", "arn:aws:iam::999988887777:role/admin"
ACTIONS = ("s3:GetObject", "s3:GetObjectAcl", "s3:PutObject", "sqs:SendMessage", "iam:GetRole")
RESOURCES = (
    "arn:aws:s3:::lake",
    "arn:aws:s3:::lake/raw/a",
    "arn:aws:s3:::lake/${x}",
    "arn:aws:s3:::lake-2/b",
    "arn:aws:sqs:eu-west-1:111122223333:lake",
    "arn:aws:sqs:us-east-1:999988887777:a:lake",
)
CALLERS = (
    {"kind": "AWS", "name": OURS, "aws:principalorgid": "o-ours123456", "aws:principaltag/team": "raw"},
    {"kind": "AWS", "name": OURS, "aws:principalorgid": "o-ours123456", "aws:sourceip": "203.0.113.7"},
    {
        "kind": "AWS",
        "name": THEIRS,
        "aws:principalarn": THEIRS,
        "aws:principalorgid": "o-theirs9876",
        "aws:principaltag/team": "raw",
        "aws:referer": "https://ours",
        "aws:securetransport": "true",
        "aws:sourcearn": "arn:aws:s3:::lake-theirs",
        "aws:userid": "AROATHEIRS:session",
        "aws:sourceip": "198.51.100.7",
        "aws:principalaccount": "999988887777",
    },
    {
        "kind": "Service",
        "name": "events.amazonaws.com",
        "aws:sourcearn": "arn:aws:events:us-east-1:111122223333:rule/r",
    },
)
STRANGER = 2

action_patterns = st.sampled_from(
    ["*", "s3:*", "s3:Get*", "s3:?etObject", "S3:getobject", "s3:*Acl", "s3:P*t", "sqs:*", "iam:*", "s3:GetObject*"]
)
resource_patterns = st.sampled_from(
    [
        "*",
        "arn:aws:s3:::lake*",
        "arn:aws:s3:::lake?",
        "arn:aws:s3:::lake/*",
        "arn:aws:s3:::lake/????",
        "arn:aws:s3:::lake/*/a",
        "arn:aws:s3:::lake/${aws:PrincipalTag/team}/a",
        "arn:aws:s3:::lake/${*}",
        "arn:aws:s3:::LAKE/*",
        "arn:aws:sqs:*:lake",
        "arn:aws:sqs:*:*:lake",
        "arn:aws:sqs:*-1:*:*lake",
        "arn:aws:sqs:us-*-1:9*7:a:lake",
        "arn:aws:sqs",
        "arn:*",
    ]
)
conditions = st.sampled_from(
    [
        {},
        {"StringEquals": {"aws:PrincipalOrgID": "o-ours123456"}},
        {"StringEquals": {"aws:PrincipalOrgID": ["o-ours123456", "o-other12345"]}},
        {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
        {"StringEquals": {"aws:PrincipalTag/team": "raw"}},
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-ours123456"}},
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-ours123456"}},
        {"Null": {"aws:Referer": "true"}},
        {"Null": {"aws:Referer": "false"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"StringLike": {"aws:UserId": "*:session"}},
        {"StringLike": {"aws:UserId": "AROAOURS12:*"}},
        {"StringLike": {"aws:PrincipalArn": "*:role/admin"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::9*:role/admin"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::lake-*"}},
        {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/*"}},
        {"StringEquals": {"aws:PrincipalTag/team": "a|b"}},
        {"StringEquals": {"aws:PrincipalTag/team": ["a", "b"]}},
        {"StringEquals": {"aws:Referer": "https://ours", "aws:PrincipalOrgID": "o-ours123456"}},
    ]
)
principals = st.sampled_from(
    [
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": OURS}},
        {"Principal": {"AWS": [OURS, THEIRS]}},
        {"Principal": {"Service": "events.amazonaws.com"}},
        {"NotPrincipal": {"AWS": OURS}},
        {"NotPrincipal": {"AWS": [OURS, THEIRS]}},
    ]
)


@st.composite
def statements(draw, has_principals: bool) -> dict:
    names = ["Action", "Resource"]
    found = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"]))}
    for name, patterns in zip(names, (action_patterns, resource_patterns), strict=True):
        prefix = draw(st.sampled_from(["", "", "", "Not"]))
        found[prefix + name] = draw(st.lists(patterns, min_size=1, max_size=2))
    tests = draw(conditions)
    return found | ({"Condition": tests} if tests else {}) | (draw(principals) if has_principals else {})


def policies(has_principals: bool) -> st.SearchStrategy[dict]:
    version = st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"])
    several = st.lists(statements(has_principals), max_size=3)
    return st.builds(lambda said, each: {"Version": said, "Statement": each}, version, several)


# ------------------------------------------------------------------ IAM, as documented


def fits(pattern: str, value: str, caller: dict, has_variables: bool) -> bool:
    """Whether a value fits a pattern; in the first five parts of an ARN, only a star at a part's end crosses colons."""
    token = r"\$\{[^}]*\}|." if has_variables else "."
    tokens, wanted, colons = re.findall(token, pattern, re.DOTALL), "", 0
    for place, each in enumerate(tokens):
        is_inside = pattern.startswith("arn:") and colons < 5
        if each.startswith("${"):
            filled = each[2:-1] if each[2:-1] in "*?$" else caller.get(each[2:-1].lower())
            if filled is None:
                return False
            wanted += re.escape(filled)
        elif each == "*":
            is_last = tokens[place + 1 : place + 2] in ([], [":"])
            wanted += "[^:]*" if is_inside and not is_last else ".*"
        elif each == "?":
            wanted += "[^:]" if is_inside else "."
        else:
            wanted += re.escape(each)
            colons += each == ":"
    if pattern.startswith("arn:") and colons < 5:
        wanted += "(:.*)?"  # parts that are missing are anything
    return re.fullmatch(wanted, value, re.DOTALL) is not None


def holds(tests: dict, caller: dict, has_variables: bool) -> bool:
    for operator, keys in tests.items():
        for key, values in keys.items():
            wanted = values if isinstance(values, list) else [values]
            actual = caller.get(key.lower())
            if operator == "Null":
                passed = (actual is None) == (wanted == ["true"])
            elif actual is None:
                passed = operator.endswith("IfExists") or "Not" in operator
            elif operator == "ArnLike":
                passed = any(
                    all(map(lambda one, part: fits(one, part, caller, has_variables), each.split(":"), parts))
                    for each in wanted
                    if len(parts := actual.split(":")) == len(each.split(":"))
                )
            elif operator == "StringLike":
                passed = any(fits(f"={each}", f"={actual}", caller, has_variables) for each in wanted)
            else:
                passed = (actual in wanted) != ("Not" in operator)
            if not passed:
                return False
    return True


def is_meant(principal: object, caller: dict) -> bool:
    if principal in ("*", {"AWS": "*"}):
        return True
    names = principal.get(caller["kind"], [])
    return caller["name"] in (names if isinstance(names, list) else [names])


def covers(statement: dict, caller: dict, action: str, resource: str, has_variables: bool) -> bool:
    if "NotPrincipal" in statement and is_meant(statement["NotPrincipal"], caller):
        return False
    if "Principal" in statement and not is_meant(statement["Principal"], caller):
        return False
    actions = statement.get("Action", statement.get("NotAction"))
    if any(fits(each.lower(), action.lower(), caller, False) for each in actions) == ("NotAction" in statement):
        return False
    resources = statement.get("Resource", statement.get("NotResource"))
    found = any(fits(each, resource, caller, has_variables) for each in resources)
    if found == ("NotResource" in statement):
        return False
    return holds(statement.get("Condition", {}), caller, has_variables)


def allowed(policy: dict) -> set[tuple[int, str, str]]:
    has_variables = policy["Version"] == "2012-10-17"
    found = set()
    for (place, caller), action, resource in product(enumerate(CALLERS), ACTIONS, RESOURCES):
        effects = {
            each["Effect"] for each in policy["Statement"] if covers(each, caller, action, resource, has_variables)
        }
        if effects == {"Allow"}:
            found.add((place, action, resource))
    return found


# ------------------------------------------------------------------ the rules


def told(kind: str, owner: dict, before: dict | list, after: dict | list) -> list[AccessChange]:
    """What is said of a resource when its policy, or the statements of it, change."""
    documents = (
        each if "Version" in each else {"Version": "2012-10-17", "Statement": each} for each in (before, after)
    )
    entry = change(kind, *({**owner, "policy": json.dumps(each)} for each in documents))
    return list(access_changes(parse_plan({"format_version": "1.2", "resource_changes": [entry]})))


@settings(max_examples=60)
@given(before=policies(has_principals=False), after=policies(has_principals=False))
def test_what_a_role_gains_is_said(before, after):
    if allowed(after) - allowed(before):
        assert any(item.widens for item in told("aws_iam_role_policy", {"role": "job"}, before, after))


@settings(max_examples=60)
@given(before=policies(has_principals=True), after=policies(has_principals=True))
def test_what_anybody_gains_is_said_and_that_strangers_do_is_broad(before, after):
    gained = allowed(after) - allowed(before)
    found = told("aws_sqs_queue_policy", {"queue_url": "q"}, before, after)
    assert not gained or any(item.widens for item in found)
    names_them = any(THEIRS in str(each.get("Principal")) for each in after["Statement"])
    if not names_them and any(place == STRANGER for place, *_ in gained):
        assert any(item.is_broad for item in found)


BUCKET = "arn:aws:s3:::lake"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"Action": "s3:Get?bject"}, {"Action": "s3:Get*bject"}, id="a star is more than a question mark"),
        pytest.param({"Resource": f"{BUCKET}-?"}, {"Resource": f"{BUCKET}-*"}, id="in a resource, too"),
        pytest.param({"Resource": f"{BUCKET}/{'?' * 17}"}, {"Resource": BUCKET + "/${aws:username}"}, id="variable"),
        pytest.param(
            {"Resource": "arn:aws:sqs:eu*1:a"}, {"Resource": "arn:aws:sqs:eu-west-1:1:a"}, id="star inside its part"
        ),
        pytest.param(
            {"Condition": {"StringEquals": {"aws:username": "a|b"}}},
            {"Condition": {"StringEquals": {"aws:username": ["a", "b"]}}},
            id="two values that look like one",
        ),
        pytest.param(
            {"Principal": {"Service": "*"}}, {"Principal": "*"}, id="everybody is more than every principal of a kind"
        ),
    ],
)
def test_policy_that_looks_the_same_and_allows_more_is_no_part_of_what_was_allowed(before, after):
    base = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    found = told("aws_s3_bucket_policy", {"bucket": "lake"}, [base | before], [base | after])
    assert any(item.widens for item in found)


def test_variables_that_get_their_meaning_are_access():
    """Before version 2012-10-17, a variable is text."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": BUCKET + "/${aws:username}/*"}
    policies = [{"Version": version, "Statement": statement} for version in ("2008-10-17", "2012-10-17")]
    found = told("aws_iam_role_policy", {"role": "job"}, *policies)
    assert [item.sentence for item in found if item.widens] == [
        f"role job is now allowed s3:GetObject on {BUCKET}/${{aws:username}}/*"
    ]


@pytest.mark.parametrize(
    ("statement", "is_broad"),
    [
        pytest.param({"NotResource": f"{BUCKET}/*"}, True, id="all but one resource"),
        pytest.param({"Resource": "arn:aws:s3"}, True, id="parts of an ARN that are missing are anything"),
        pytest.param({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True, id="over TLS, as everybody may"),
        pytest.param({"Condition": {"StringLike": {"aws:username": "*"}}}, True, id="any user"),
        pytest.param({"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}}, True, id="no tags do"),
        pytest.param({"Condition": {"StringEqualsIfExists": {"s3:prefix": "a"}}}, True, id="no prefix does"),
        pytest.param({"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}, False, id="one region"),
    ],
)
def test_all_of_a_service_is_broad_unless_something_limits_it(statement, is_broad):
    grant = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"} | statement
    grant = {name: value for name, value in grant.items() if name != "Resource" or "NotResource" not in grant}
    assert [item.is_broad for item in told("aws_iam_role_policy", {"role": "job"}, [], [grant])] == [is_broad]


@pytest.mark.parametrize(
    ("denied", "kept", "is_broad"),
    [
        pytest.param({"Action": "s3:*"}, {"Action": "s3:GetObject"}, True, id="everybody can read"),
        pytest.param({"Action": "s3:Put*"}, {"Action": "s3:GetObject"}, False, id="nothing that is allowed"),
        pytest.param({"Principal": {"AWS": OURS}}, {}, False, id="one role"),
        pytest.param({}, {"Principal": {"AWS": OURS}}, False, id="only one role is allowed"),
        pytest.param(
            {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-ours123456"}}}, {}, True, id="all but one's own"
        ),
    ],
)
def test_denial_that_kept_everybody_out_is_broad_when_it_goes(denied, kept, is_broad):
    base = {"Principal": "*", "Action": "*", "Resource": "*"}
    allow, deny = base | {"Effect": "Allow"} | kept, base | {"Effect": "Deny"} | denied
    found = told("aws_s3_bucket_policy", {"bucket": "lake"}, [allow, deny], [allow])
    assert [(item.widens, item.is_broad) for item in found] == [(True, is_broad)]


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param({"StringLike": {"aws:userid": "*:session"}}, id="the caller names the session"),
        pytest.param({"StringLike": {"aws:PrincipalArn": "*:role/admin"}}, id="a role of that name in any account"),
        pytest.param({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::11112222*:role/admin"}}, id="part of an account"),
        pytest.param({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::our-lake-*"}}, id="bucket that anybody may create"),
        pytest.param({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}, id="address in anybody's network"),
        pytest.param({"IpAddress": {"aws:SourceIp": "2001:db8::/31"}}, id="network that S3 calls public"),
    ],
)
def test_condition_that_anybody_can_meet_leaves_everybody(condition):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", "Condition": condition}
    found = told("aws_s3_bucket_policy", {"bucket": "lake"}, [], [statement])
    assert [item.is_broad for item in found] == [True]


@pytest.mark.parametrize(
    ("provider", "subject", "is_broad"),
    [
        ("token.actions.githubusercontent.com", "environment:prod", True),  # anybody can make that one's own subject
        ("token.actions.githubusercontent.com", "repository_owner_id:*", True),
        ("token.actions.githubusercontent.com", "repository_owner_id:42:*", False),
        ("app.terraform.io", "organization:ours:project:*:workspace:*:run_phase:apply", False),
        ("app.terraform.io", "organization:*:project:lake", True),
    ],
)
def test_role_for_tokens_is_everybodys_unless_they_name_an_owner(provider, subject, is_broad):
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::1:oidc-provider/{provider}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {f"{provider}:sub": subject}},
    }
    entry = change("aws_iam_role", None, {"name": "r", "assume_role_policy": json.dumps({"Statement": statement})})
    found = access_changes(parse_plan({"format_version": "1.2", "resource_changes": [entry]}))
    assert [item.is_broad for item in found] == [is_broad]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"Statement": {"Effect": "Deny", "Effect": "Allow", GRANT}}', id="a name twice"),
        pytest.param('{"Statement": {"Effect": "deny", GRANT}}', id="no effect"),
        pytest.param('{"Statement": {"Effect": "Allow", "condition": {}, GRANT}}', id="an unknown element"),
        pytest.param('{"Statement": {"Effect": "Allow", "Condition": [], GRANT}}', id="no condition"),
        pytest.param('{"Statement": {"Effect": "Allow", "NotAction": "a:b", GRANT}}', id="both of a pair"),
        pytest.param('{"statement": {"Effect": "Allow", GRANT}}', id="no statement"),
    ],
)
def test_policy_that_iam_would_not_take_is_not_judged(text):
    text = text.replace("GRANT", '"Principal": "*", "Action": "sts:AssumeRole"')
    entry = change("aws_iam_role", None, {"name": "r", "assume_role_policy": text})
    found = access_changes(parse_plan({"format_version": "1.2", "resource_changes": [entry]}))
    assert any(item.widens and "not a valid policy document" in item.sentence for item in found)


ATTACHED = "arn:aws:iam::1:policy/lake"
POLICY = "(the policy)"


def managed(effect: str) -> dict:
    attributes = {"arn": ATTACHED, "policy": json.dumps({"Statement": {"Effect": effect, "Action": "*"}})}
    entry = change("aws_iam_policy", attributes, attributes)
    entry["change"]["actions"] = ["no-op"]
    return entry


@pytest.mark.parametrize(
    ("policy", "others", "gains"),
    [
        pytest.param(ATTACHED, [managed("Deny")], True, id="the plan's policy denies"),
        pytest.param(ATTACHED, [managed("Allow")], False, id="the plan's policy denies nothing"),
        pytest.param(ATTACHED, [], True, id="nobody knows what it says"),
        pytest.param("arn:aws:iam::aws:policy/AWSDenyAll", [], True, id="AWS's policy denies"),
        pytest.param("arn:aws:iam::aws:policy/ReadOnlyAccess", [], False, id="AWS's policy allows"),
    ],
)
@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("aws_iam_role_policy_attachment", {"role": "r", "policy_arn": POLICY}, None),
        (
            "aws_iam_policy_attachment",
            {"roles": ["r", "s"], "policy_arn": POLICY},
            {"roles": ["s"], "policy_arn": POLICY},
        ),
        ("aws_iam_role", {"name": "s", "managed_policy_arns": [POLICY]}, {"name": "s", "managed_policy_arns": []}),
    ],
)
def test_lost_policy_gives_access_if_it_may_have_denied(kind, before, after, policy, others, gains):
    before, after = json.loads(json.dumps([before, after]).replace(POLICY, policy))
    plan = parse_plan({"format_version": "1.2", "resource_changes": [change(kind, before, after), *others]})
    found = [item for item in access_changes(plan) if "no longer has policy" in item.sentence]
    assert [(item.widens, item.sentence.endswith(", which may deny something")) for item in found] == [(gains, gains)]


def test_policy_that_a_role_loses_because_it_is_deleted_gives_no_access():
    lost = change("aws_iam_role_policy_attachment", {"role": "r", "policy_arn": ATTACHED}, None)
    role = change("aws_iam_role", {"name": "r", "managed_policy_arns": [ATTACHED]}, None)
    plan = parse_plan({"format_version": "1.2", "resource_changes": [lost, role]})
    assert [item.widens for item in access_changes(plan)] == [False, False]


def test_user_without_a_permissions_boundary_may_do_more():
    entry = change("aws_iam_user", {"name": "u", "permissions_boundary": "arn:b"}, {"name": "u"})
    found = access_changes(parse_plan({"format_version": "1.2", "resource_changes": [entry]}))
    assert [(item.widens, item.sentence) for item in found] == [
        (True, "user u no longer has a permissions boundary: its policies may allow more")
    ]


@pytest.mark.parametrize(
    ("account", "own", "is_broad"),
    [
        pytest.param("111122223333", "arn:aws:sqs:eu-west-1:111122223333:q", False, id="one's own"),
        pytest.param("999988887777", "arn:aws:sqs:eu-west-1:111122223333:q", True, id="another"),
        pytest.param("999988887777", "arn:aws:s3:::lake", False, id="nobody knows whose"),
    ],
)
def test_everything_for_a_whole_account_is_broad_if_it_is_another(account, own, is_broad):
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "*",
        "Resource": "*",
    }
    entry = change("aws_sqs_queue_policy", None, {"policy": json.dumps({"Statement": statement})})
    there = change("aws_sqs_queue", {"arn": own}, {"arn": own})
    there["change"]["actions"] = ["no-op"]
    found = access_changes(parse_plan({"format_version": "1.2", "resource_changes": [entry, there]}))
    assert [item.is_broad for item in found] == [is_broad]
