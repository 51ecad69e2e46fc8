"""The principal of a policy statement, considering its condition: somebody, or effectively everybody.

A condition narrows "everybody" only if it compares facts that AWS states about the caller with somebody's own value.
Anybody can have a referer, a tag, an encrypted connection or a key of another service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from plan_review.conditions import is_everybodys_network
from plan_review.policy_patterns import includes

EVERYBODY = "everybody"
ALL_BUT = "anybody but "
ANY_OF_KIND = "every principal of kind "
# facts of AWS about the caller, or about a service calling on its behalf; in lower case, as keys ignore case
_CALLER_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpcarn",
        "aws:sourcevpce",
        "aws:userid",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
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
# what the first label of a subject may be; anybody can have an environment of any name, say
_LABEL_OF_OWNER = re.compile(
    r"repo|repository|repository_id|repository_owner|repository_owner_id|job_workflow_ref|project_path|project_id|project"
    r"|namespace_path|namespace_id|organization|organization_id|org|owner|user|group"
)
# AWS chooses these; only the part without prefix and wildcards identifies somebody
_CHOSEN_BY_AWS = frozenset(
    {"aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths"}
    | {"aws:sourcevpc", "aws:sourcevpce", "aws:vpceorgid", "aws:vpceorgpaths"}
)
_PREFIX_OF_ID = re.compile(r"^(o|ou|r|vpc|vpce)-")
_NO_WILDCARDS = str.maketrans("", "", "*?")
_LEAST_OF_A_NAME = 6
_WIDEST_NETWORK_OF_S3 = 32
_BY_WEB_IDENTITY = "sts:assumerolewithwebidentity"
# operators that a request without the key passes
_PASSED_WITHOUT_KEY = re.compile(r"^ForAllValues:|IfExists$|Not[A-Z]|^Null$")


def is_anybodys(principal: str, actions: list[str], condition: Any) -> bool:
    """Whether everybody is meant: no principal is named, or one who vouches for everybody, and nothing narrows it."""
    if principal == EVERYBODY or principal.startswith((ALL_BUT, ANY_OF_KIND)):
        return not any(_narrows(*test) for test in list_tests(condition))
    if not any(action.startswith("anything but ") or includes(action.lower(), _BY_WEB_IDENTITY) for action in actions):
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


def is_limit(operator: str, variable: str, values: list[str]) -> bool:
    """Whether a test excludes anything that matters: not if a request can do without the key, or have any value."""
    if _PASSED_WITHOUT_KEY.search(operator) is not None or variable.lower() == "aws:securetransport":
        return False
    return not any(not value.strip("*") or is_everybodys_network(value) for value in values)


def _narrows(operator: str, variable: str, values: list[str]) -> bool:
    if (operator, variable.lower(), [value.lower() for value in values]) == _IN_NETWORK:
        return True
    if _EQUALS.match(operator) is None or variable.lower() not in _CALLER_KEYS or not values:
        return False
    return not any(_is_anything(variable.lower(), value) for value in values)


def _is_anything(variable: str, value: str) -> bool:
    """Whether everybody's value would do: everybody may give a name of their own to something in their own account."""
    if is_everybodys_network(value) or _is_wide_network(value) or "${" in value:  # a variable is what the caller has
        return True
    if not _is_open(value):
        return False
    if variable in _CHOSEN_BY_AWS:
        return len(_PREFIX_OF_ID.sub("", value).translate(_NO_WILDCARDS)) < _LEAST_OF_A_NAME
    if variable == "aws:userid":  # the caller chooses what follows the role's id
        return _is_open(value.partition(":")[0])
    parts = value.split(":", 5)
    if parts[0] != "arn" or len(parts) < 6:
        return True
    account, resource = parts[4:]
    if account:
        return _is_open(account)
    name = resource.partition("/")[0] if parts[2] == "s3" else resource
    return _is_open(name)


def _is_wide_network(text: str) -> bool:
    """Whether a network of version 6 is one that S3 calls public."""
    address, _, length = text.partition("/")
    return ":" in address and length.isdecimal() and int(length) < _WIDEST_NETWORK_OF_S3


def _is_open(text: str) -> bool:
    return bool({"*", "?"} & set(text))


def _names_an_identity(operator: str, variable: str, values: list[str]) -> bool:
    if _EQUALS.match(operator) is None or not values:
        return False
    if _IDENTITY_CLAIM.search(variable.lower()) is None and _OWN_AUDIENCE.match(variable.lower()) is None:
        return False
    return all(map(_names_an_owner, values))


def _names_an_owner(subject: str) -> bool:
    """Whether a subject begins with a fixed owner: with a wildcard it is everybody whose name begins so."""
    label, colon, rest = subject.partition(":")
    if colon and "/" not in label and not label.startswith("{"):
        if _LABEL_OF_OWNER.fullmatch(label) is None:
            return False
        subject = rest
    owner = re.split("[/:]", subject)[0]
    return bool(owner) and not _is_open(owner)
