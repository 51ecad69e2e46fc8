"""Errors of credentials that are no longer valid, which only a new sign-in helps."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from quartal.core.failed_calls import is_expired


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ClientError({"Error": {"Code": "ExpiredToken"}}, "PutObject"), True),
        (CredentialRetrievalError(provider="custom-process", error_msg="signed out"), True),
        (TokenRetrievalError(provider="sso", error_msg="expired"), True),
        (UnauthorizedSSOTokenError(), True),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject"), False),
        (EndpointConnectionError(endpoint_url="https://s3.amazonaws.com"), False),
        (OSError("no room"), False),
    ],
)
def test_credentials_that_expired_or_cannot_be_renewed_need_a_new_sign_in(error, expected):
    assert is_expired(error) is expected
