"""Results of an earlier query in place of a new run, if the caller allows it.

The text, parameters, database, workgroup, caller and result configuration must be the same, the results not older than
allowed, and the query one whose answer does not depend on chance. As on AWS, changes of the data since then are not
considered.
https://docs.aws.amazon.com/athena/latest/ug/reusing-query-results.html
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlglot import exp

from localstack_glue.athena.engine import statements
from localstack_glue.athena.engine.statement_kinds import substatement_type
from localstack_glue.athena.models import QueryExecution
from localstack_glue.service.models import JsonDict

_DEFAULT_MINUTES = 60
_BY_CHANCE = frozenset(("rand", "random", "shuffle", "uuid"))
_CLOCKS = frozenset((
    "now", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp",
))  # fmt: skip


def find_reusable(wanted: QueryExecution, known: Iterable[QueryExecution], now: datetime) -> QueryExecution | None:
    """The newest run with reusable results; None if there is none, or if the caller does not allow reuse."""
    allowed = _age(wanted.result_reuse)
    if allowed is None or substatement_type(wanted.sql) != "SELECT":
        return None
    fitting = [
        each
        for each in known
        if each.state == "SUCCEEDED"
        and not each.is_managed
        and not each.is_reused
        and _question(each) == _question(wanted)
        and each.completed_on is not None
        and now - each.completed_on <= allowed
    ]
    newest = max(fitting, key=lambda each: each.submitted_on, default=None)
    return newest if newest is not None and _is_repeatable(newest) else None


def take_over(execution: QueryExecution, found: QueryExecution, now: datetime) -> None:
    """Answer a query with the results of another one."""
    execution.output_location, execution.columns = found.output_location, found.columns
    execution.has_header, execution.update_count = found.has_header, found.update_count
    execution.is_reused, execution.completed_on = True, now
    execution.state = "SUCCEEDED"


def _question(execution: QueryExecution) -> tuple[object, ...]:
    place = execution.output_location.rpartition("/")[0], repr(sorted(execution.result_options.items()))
    return (execution.sql, execution.parameters, execution.database, execution.workgroup, execution.caller, place)


def _is_repeatable(execution: QueryExecution) -> bool:
    """Whether the answer depends on neither chance, nor the clock, nor the order in which rows come."""
    tree = statements.parse(execution.sql, execution.parameters)
    for node in tree.walk():
        if isinstance(node, exp.Func | exp.Column):
            name = node.name if isinstance(node, exp.Anonymous | exp.Column) else node.sql_name()
            if name.lower() in (_CLOCKS if isinstance(node, exp.Column) else _BY_CHANCE | _CLOCKS):
                return False
        if isinstance(node, exp.TableSample):
            return False
        if isinstance(node, exp.Query) and node.args.get("limit") is not None and node.args.get("order") is None:
            return False
    return True


def _age(configuration: JsonDict) -> timedelta | None:
    by_age = configuration.get("ResultReuseByAgeConfiguration") or {}
    if not by_age.get("Enabled"):
        return None
    minutes = by_age.get("MaxAgeInMinutes")
    return timedelta(minutes=_DEFAULT_MINUTES if minutes is None else minutes)
