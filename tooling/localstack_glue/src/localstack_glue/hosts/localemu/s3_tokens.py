"""Repairs the continuation tokens of LocalEmu's S3: it cannot read its own tokens for keys with non-ASCII letters.

A listing whose next page begins with such a key ends there with an InternalError.
"""

import base64


def repair() -> None:
    """Make LocalEmu 1.3 read all tokens that it creates."""
    from localemu.services.s3 import provider

    provider.decode_continuation_token = decoded


def decoded(token: str | None) -> str:
    """The key in a token; an empty one if there is no token."""
    return "" if token is None else base64.b64decode(token, altchars=b"._").decode()
