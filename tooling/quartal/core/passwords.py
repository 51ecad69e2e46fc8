"""Hides user names and passwords of URLs in everything that is shown or stored."""

from __future__ import annotations

import re

# a password may hold an unescaped @, so everything up to the last one is hidden; in a database URL also past a
# slash, since a path there has no @; in the others a path may have one: https://host/@scope/package
_WEB = "https?|s3a?|ftp|git|ssh|file|arn|docker|oci"
_OF_WEB = re.compile(rf"\b((?:[a-z0-9]+\+)?(?:{_WEB})://)[^\s/?#\"'`<>]*@", re.IGNORECASE)
_OF_OTHERS = re.compile(rf"\b(?!(?:[a-z0-9]+\+)?(?:{_WEB})://)([a-z][a-z0-9+.-]*://)[^\s\"'`<>]*@", re.IGNORECASE)


def without_passwords(text: str) -> str:
    """The text with user and password of every URL in it as `***`."""
    if "@" not in text or "://" not in text:
        return text
    return _OF_OTHERS.sub(r"\1***@", _OF_WEB.sub(r"\1***@", text))
