"""A session for this machine's own servers: without an AWS account, and without a proxy."""

import os
from typing import Any

import boto3
from botocore.config import Config
from botocore.session import Session as BotocoreSession

# of the user's AWS set-up nothing counts: a profile that is not there would fail each client, one that is could turn it
_NO_FILE = (None, None, os.devnull, None)
_NOTHING: dict[str, Any] = {
    "profile": (None, None, None, None),
    "config_file": _NO_FILE,
    "credentials_file": _NO_FILE,
}
DIRECT = Config(proxies={}, use_dualstack_endpoint=False, use_fips_endpoint=False)


def local_session() -> boto3.Session:
    """A session that reads none of the user's AWS files; its clients get `DIRECT`, merged with their own settings."""
    # botocore's own type leaves out that a variable may come from nowhere
    return boto3.Session(botocore_session=BotocoreSession(session_vars=_NOTHING))
