"""Puts the faults before LocalStack's gateway, which Twisted serves."""

import threading
from collections.abc import Callable
from typing import Any

from localstack_glue.faults.gateway import Connection, Faults, FaultyApplication


def install(faults: Faults) -> None:
    """Put the faults before the gateway of this process, which Twisted serves."""
    from rolo.serving import twisted
    from twisted.internet import reactor
    from twisted.web.server import NOT_DONE_YET

    serving: Any = twisted

    def render(self: Any, request: Any) -> int:
        def on_loop(call: Callable[[], object]) -> Callable[[], object]:
            return lambda: reactor.callFromThread(call)  # type: ignore[attr-defined]

        closed = threading.Event()
        request.notifyFinish().addBoth(lambda _: closed.set())
        connection = Connection(
            on_loop(request.channel.forceAbortClient), on_loop(request.channel.loseConnection), closed
        )
        application = FaultyApplication(self._application, faults, connection)
        response = serving.HeaderPreservingWSGIResponse(self._reactor, self._threadpool, application, request)
        response.start()
        return NOT_DONE_YET

    serving.HeaderPreservingWSGIResource.render = render
