"""The principal of a policy statement, considering its condition: somebody, or effectively everybody.

A condition narrows "everybody" only if it compares facts that AWS states about the caller with somebody's own value.
Anybody can have a referer, a tag, an encrypted connection or a key of another service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from plan_review.conditions import is_everybodys_network

EVERYBODY = "everybody"
ALL_BUT = "anybody but "
# facts of AWS about the caller, or about a service calling on its behalf; in lower case, as keys ignore case
_CALLER_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalservicename",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:vpcsourceip",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
        "elasticfilesystem:accesspointarn",
    }
)
# a mount target answers in its own VPC only
_IN_NETWORK = ("Bool", "elasticfilesystem:accessedviamounttarget", ["true"])
_EQUALS = re.compile(r"^(ForAnyValue:)?(StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike|IpAddress)$")
# identity providers for everybody: without a test of the identity, everybody is accepted
_SERVE_EVERYBODY = (
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "api.bitbucket.org",
    "app.terraform.io",
    "agent.buildkite.com",
    "oidc.circleci.com",
    "oidc.vercel.com",
    "accounts.google.com",
    "cognito-identity.amazonaws.com",
    "graph.facebook.com",
    "www.amazon.com",
)
# claims of such a provider about the identity; an audience alone counts only if it is the caller's own
_IDENTITY_CLAIM = re.compile(
    r":(sub|repository|repository_id|repository_owner|repository_owner_id|job_workflow_ref|namespace_path|project_path"
    r"|project_id|namespace_id|organization_id|organization_slug|app_id|oaud|email)$"
)
_OWN_AUDIENCE = re.compile(r"^(cognito-identity\.amazonaws\.com|accounts\.google\.com|oidc\.circleci\.com[^:]*):aud$")
_LABEL_OF_SUBJECT = re.compile(r"^(repo|repository|project_path|project|organization|org|owner|user|group|ref_type):")
# only the part of an id without its prefix and wildcards identifies somebody
_PREFIX_OF_ID = re.compile(r"^(o|ou|r|vpc|vpce)-")
_NO_WILDCARDS = str.maketrans("", "", "*?")
_LEAST_OF_A_NAME = 6


def is_anybodys(principal: str, actions: list[str], condition: Any) -> bool:
    """Whether everybody is meant: no principal is named, or one who vouches for everybody, and nothing narrows it."""
    if principal == EVERYBODY or principal.startswith(ALL_BUT):
        return not any(_narrows(*test) for test in list_tests(condition))
    if not any("withwebidentity" in action.lower() or "*" in action for action in actions):
        return False
    provider = principal.partition(":oidc-provider/")[2] or principal
    if not provider.startswith(_SERVE_EVERYBODY):
        return False
    return not any(_names_an_identity(*test) for test in list_tests(condition))


def list_tests(condition: Any) -> Iterator[tuple[str, str, list[str]]]:
    """Operator, variable and values of each test of a condition, in alphabetical order."""
    for operator, tests in sorted(condition.items()) if isinstance(condition, dict) else ():
        for variable, values in sorted(tests.items()) if isinstance(tests, dict) else ():
            yield (
                str(operator),
                str(variable),
                [str(value) for value in (values if isinstance(values, list) else [values])],
            )


def _narrows(operator: str, variable: str, values: list[str]) -> bool:
    if (operator, variable.lower(), [value.lower() for value in values]) == _IN_NETWORK:
        return True
    if _EQUALS.match(operator) is None or variable.lower() not in _CALLER_KEYS or not values:
        return False
    return not any(_is_anything(value) for value in values)


def _is_anything(value: str) -> bool:
    """Whether everybody's value would do: everybody may give a name of their own to something in their own account."""
    if is_everybodys_network(value) or "${" in value:  # a variable is what the caller has
        return True
    parts = value.split(":", 5)
    if parts[0] != "arn" or len(parts) < 6:
        named = _PREFIX_OF_ID.sub("", value).translate(_NO_WILDCARDS)
        return bool({"*", "?"} & set(value)) and len(named) < _LEAST_OF_A_NAME
    account, resource = parts[4:]
    return not account.strip("*?") if account else not resource.strip("*?/:")


def _names_an_identity(operator: str, variable: str, values: list[str]) -> bool:
    if _EQUALS.match(operator) is None or not values:
        return False
    if _IDENTITY_CLAIM.search(variable.lower()) is None and _OWN_AUDIENCE.match(variable.lower()) is None:
        return False
    # the part before the first slash owns the rest: with a wildcard it is everybody whose name begins so
    owners = [_LABEL_OF_SUBJECT.sub("", value).partition("/")[0] for value in values]
    return all(owner and not {"*", "?"} & set(owner) for owner in owners)
