"""Sends events for changes of the catalog after they are made, whether this service or moto made them."""

import json
import logging

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from localstack_glue.events.bus import EventBus
from localstack_glue.events.glue_events import is_catalog_change
from localstack_glue.service.account_region import Scope

LOG = logging.getLogger(__name__)
OK = 200


class CatalogEventHandler:
    """Appended to `run_custom_response_handlers`."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus

    def __call__(self, _chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Look at the answers of Glue only."""
        if context.service is None or context.service.service_name != "glue" or context.operation is None:
            return
        operation = context.operation.name
        if response.status_code != OK or not is_catalog_change(operation):
            return
        try:
            answer = json.loads(response.get_data() or b"{}")
            scope = Scope(context.account_id, context.region)
            self._bus.catalog_changed(scope, operation, context.service_request or {}, answer)
        except Exception:  # telling of a change must never undo it
            LOG.exception("could not tell of %s", operation)
