"""What the stand-alone host makes of requests, and of faults of its own; here is the moto that it is made for."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from moto.core.request import Request
from werkzeug import Response
from werkzeug.test import Client, EnvironBuilder

if (SOURCE := str(Path(__file__).parents[3] / "tooling/localstack_glue/src")) not in sys.path:
    sys.path.append(SOURCE)  # the service is a distribution of its own

from localstack_glue.hosts.standalone.calls import call_of, caller_of
from localstack_glue.hosts.standalone.gateway import Gateway
from localstack_glue.service.errors import EntityNotFoundException

HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260310/eu-central-1/glue/aws4_request, Signature=x",
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AWSGlue.ListDataQualityRulesets",
}
MOMENT = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_moments_of_a_request_are_in_utc():
    body = json.dumps({"Filter": {"CreatedAfter": MOMENT.timestamp()}})
    request = Request(EnvironBuilder(method="POST", headers=HEADERS, data=body).get_environ())
    call = call_of(request, caller_of(request))
    assert call.parameters["Filter"]["CreatedAfter"] == MOMENT


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(EntityNotFoundException("a"), 400, "EntityNotFoundException"), (KeyError("a"), 500, "InternalServiceException")],
)
def test_fault_of_the_service_is_an_error_that_clients_read(error, status, code):
    class Api:
        def invoke(self, *_):
            raise error

    gateway = Gateway({"glue": Api()}, None, None, lambda *_: Response(), None)
    answer = Client(gateway).post("/", headers=HEADERS, data="{}")
    assert (answer.status_code, json.loads(answer.data)["__type"]) == (status, code)
