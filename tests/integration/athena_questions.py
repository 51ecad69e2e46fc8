"""Questions to Athena by its own API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quartal.core.polling import Waiter

Answer = tuple[dict[str, Any], list[list[str | None]]]


def make_ask(client: Any, *, database: str, results: str) -> Callable[..., Answer]:
    """`ask(sql)`: the finished execution and its rows, the header first; no rows where it did not succeed."""

    def ask(sql: str, **request) -> tuple[dict, list[list[str | None]]]:
        query_id = client.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": database},
            ResultConfiguration={"OutputLocation": results},
            **request,
        )["QueryExecutionId"]
        waiter = Waiter[dict](timeout_s=120, initial_s=0.1, longest_s=1.0)
        execution = waiter.wait_until(
            lambda: client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"],
            is_done=lambda found: found["Status"]["State"] in {"SUCCEEDED", "FAILED", "CANCELLED"},
            describe=str,
            waiting_for=sql,
        )
        if execution["Status"]["State"] != "SUCCEEDED":
            return execution, []
        pages = client.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
        rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
        return execution, [[cell.get("VarCharValue") for cell in row] for row in rows]

    return ask
