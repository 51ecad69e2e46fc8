"""The reason of a query whose caller may not read or write something, in Athena's words."""

import re

from botocore.exceptions import ClientError

_DENIALS = ("AccessDenied", "AccessDeniedException", "403")
_OBJECT = re.compile(r'"arn:[\w-]+:s3:::([^"]+)"')
_ARROW = re.compile(r"key '([^']*)' in bucket '([^']*)'.*ACCESS_DENIED", re.DOTALL)


def is_denial(error: ClientError) -> bool:
    """Whether a call failed for want of a permission."""
    return str(error.response["Error"]["Code"]) in _DENIALS


def refused(error: ClientError) -> str:
    """The reason of a query that failed on a refused call; the guard's message names the missing permission."""
    message = str(error.response["Error"].get("Message") or error)
    if found := _OBJECT.search(message):
        return f"PERMISSION_DENIED: Permission denied on S3 path: s3://{found[1]} ({message})"
    return f"Insufficient permissions to execute the query. {message}"


def refused_by_arrow(error: OSError) -> str | None:
    """The same for reads by PyArrow; None for any other error."""
    if "ACCESS_DENIED" not in str(error):
        return None
    found = _ARROW.search(str(error))
    path = f"s3://{found[2]}/{found[1]}" if found else "the table's location"
    return f"PERMISSION_DENIED: Permission denied on S3 path: {path}"
