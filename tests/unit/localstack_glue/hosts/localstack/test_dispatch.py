"""The service's APIs as LocalStack takes them."""

import json

from localstack.aws.protocol.serializer import create_serializer
from localstack.aws.skeleton import create_dispatch_table
from localstack.aws.spec import load_service

from localstack_glue.athena.errors import InvalidRequestException
from localstack_glue.hosts.localstack.dispatch import hosted, refused
from localstack_glue.service.api import GlueApi


def test_every_operation_of_the_model_has_a_handler():
    table = create_dispatch_table(hosted(GlueApi()))

    assert set(table) == set(load_service("glue").operation_names)


def test_error_keeps_the_members_that_the_model_gives_it():
    operation = load_service("athena").operation_model("GetQueryExecution")
    error = refused(InvalidRequestException("QueryExecution q was not found", "QUERY_EXECUTION_NOT_FOUND"))
    answer = create_serializer(load_service("athena")).serialize_error_to_response(error, operation, None, "q")
    assert json.loads(answer.data)["AthenaErrorCode"] == "QUERY_EXECUTION_NOT_FOUND"
