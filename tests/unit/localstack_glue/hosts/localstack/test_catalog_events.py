"""Events for the changes of the catalog that pass LocalStack's gateway (G30)."""

from types import SimpleNamespace
from typing import Any

from localstack_glue.hosts.localstack.catalog_events import CatalogEventHandler


def test_only_applied_changes_are_sent_as_events():
    changes: list[str] = []
    bus = SimpleNamespace(catalog_changed=lambda _scope, operation, *_: changes.append(operation))
    handler = CatalogEventHandler(bus)  # type: ignore[arg-type]

    def answer(service: str, operation: str, status: int, body: bytes = b"{}") -> None:
        context: Any = SimpleNamespace(
            service=SimpleNamespace(service_name=service),
            operation=SimpleNamespace(name=operation),
            account_id="1",
            region="r",
            service_request={},
        )
        response: Any = SimpleNamespace(status_code=status, get_data=lambda: body)
        handler(SimpleNamespace(), context, response)  # type: ignore[arg-type]

    answer("glue", "DeleteTable", 400)
    answer("glue", "GetTable", 200)
    answer("dynamodb", "DeleteTable", 200)
    answer("glue", "CreateTable", 200, b"no json")
    answer("glue", "DeleteTable", 200)
    assert changes == ["DeleteTable"]
