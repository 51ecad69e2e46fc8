"""The service's APIs as LocalStack takes them."""

from localstack.aws.skeleton import create_dispatch_table
from localstack.aws.spec import load_service

from localstack_glue.hosts.localstack.dispatch import hosted
from localstack_glue.service.api import GlueApi


def test_every_operation_of_the_model_has_a_handler():
    table = create_dispatch_table(hosted(GlueApi()))

    assert set(table) == set(load_service("glue").operation_names)
