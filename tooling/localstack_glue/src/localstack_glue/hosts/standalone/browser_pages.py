"""Requests of pages in a browser: those of pages of this machine are answered, others could run jobs on it.

A signature protects nothing here, because any key will do. So a page on the internet that its reader's browser lets
call 127.0.0.1 would be as good as the reader.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from werkzeug import Request, Response

from localstack_glue.service.control_endpoints import is_served_host
from localstack_glue.service.errors import ServiceError
from localstack_glue.service.settings import Network

_ASKS = "Access-Control-Request-Method"
_SITE = "Sec-Fetch-Site"
_SEEN = "x-amzn-RequestId, x-amzn-ErrorType"


class BrowserPages:
    """Which pages are answered, and what their browser has to be told.

    Args:
        hosts: names besides this machine's whose pages are answered.
        networks: addresses besides this machine's whose pages are.
    """

    def __init__(self, hosts: tuple[str, ...] = (), networks: Iterable[Network] = ()) -> None:
        self._hosts = hosts
        self._networks = tuple(networks)

    def check(self, request: Request) -> None:
        """Refuse the requests of other pages.

        Raises:
            ServiceError: the page is none of this machine's, or calls it by a name that is not.
        """
        origin = request.headers.get("Origin")
        if origin is None:
            self._check_without_origin(request)
        elif not is_served_host(urlsplit(origin).netloc, self._hosts, self._networks):
            raise _refusal(f"a page of {origin}")

    def _check_without_origin(self, request: Request) -> None:
        """Refuse what a browser sends for a page of another site, or under a name that is not this machine's.

        A GET has no Origin if the page's own name is that of the request, and that name may lead to 127.0.0.1.
        """
        site, host = request.headers.get(_SITE), request.headers.get("Host", "")
        if site is None:  # no browser
            return
        if site == "cross-site":
            raise _refusal("a page of another site")
        is_bucket = (urlsplit(f"//{host}").hostname or "").endswith(".localhost")  # always this machine, by RFC 6761
        if not is_bucket and not is_served_host(host, self._hosts, self._networks):
            raise _refusal(f"a page that calls this server {host[:100]}")

    def preflight(self, request: Request) -> Response | None:
        """The permission that a browser asks for before a call; None if this is something else.

        It is given for each address, whatever rules a bucket has: moto gives it too, but not for private objects.
        """
        asked = request.headers.get(_ASKS)
        if request.method != "OPTIONS" or not asked or "Origin" not in request.headers:
            return None
        wanted = request.headers.get("Access-Control-Request-Headers", "")
        headers = {"Access-Control-Allow-Methods": asked, "Access-Control-Allow-Headers": wanted}
        return Response(status=204, headers={name: value for name, value in headers.items() if value})

    def allow(self, request: Request, response: Response) -> None:
        """Let the browser show the page an answer that the backend has given no rule for."""
        origin = request.headers.get("Origin")
        if origin is None or "Access-Control-Allow-Origin" in response.headers:
            return
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = _SEEN
        response.vary.add("Origin")


def _refusal(page: str) -> ServiceError:
    message = (
        f"{page} may not call this server, which runs scripts on this machine; "
        "if it is yours, name its host in LOCALSTACK_GLUE_CONTROL_HOSTS"
    )
    return ServiceError("AccessDeniedException", message, 403, sender_fault=True)
