"""Checks of crawler definitions and of the filters of ListCrawls."""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localstack_glue.crawlers.crawling.crawl_policy import LOG, NEW_FOLDERS_ONLY, CrawlPolicy
from localstack_glue.crawlers.crawling.listing import S3Target
from localstack_glue.crawlers.unsupported_settings import refused_setting
from localstack_glue.service.answers import crawler_history
from localstack_glue.service.errors import InvalidInputException
from localstack_glue.service.models import Crawl, JsonDict

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import CrawlsFilterTypeDef

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "GT": operator.gt,
    "GE": operator.ge,
    "LT": operator.lt,
    "LE": operator.le,
    "EQ": operator.eq,
    "NE": operator.ne,
}
_NAMES = ("CRAWL_ID", "STATE")  # which have no order
_MEMBERS = {
    "CRAWL_ID": "CrawlId",
    "STATE": "State",
    "START_TIME": "StartTime",
    "END_TIME": "EndTime",
    "DPU_HOUR": "DPUHour",
}


def check_definition(definition: Mapping[str, Any]) -> None:
    """Refuse definitions that AWS refuses, and those that this service cannot crawl.

    Raises:
        InvalidInputException: AWS would refuse it, or this service cannot crawl it.
    """
    if not definition.get("Role"):
        raise InvalidInputException("Role must not be empty")
    targets = {kind: listed for kind, listed in (definition.get("Targets") or {}).items() if listed}
    if not targets:
        raise InvalidInputException("No crawler targets specified")
    others = sorted(set(targets) - {"IcebergTargets", "S3Targets"})
    if others:
        raise InvalidInputException(
            f"glue-local crawls S3 and Iceberg targets only; not supported: {', '.join(others)}"
        )
    if reason := refused_setting(definition):
        raise InvalidInputException(reason)
    try:
        S3Target.from_targets(targets)
        policy = CrawlPolicy.from_definition(definition)
    except ValueError as error:
        raise InvalidInputException(str(error)) from error
    if policy.recrawl == NEW_FOLDERS_ONLY and (policy.update, policy.delete) != (LOG, LOG):
        # G22
        raise InvalidInputException(
            "The SchemaChangePolicy for CRAWL_NEW_FOLDERS_ONLY recrawl behavior must be LOG for UpdateBehavior and"
            " DeleteBehavior"
        )


def crawl_matches(crawl: Crawl, filters: "Sequence[CrawlsFilterTypeDef]") -> bool:
    """Whether a crawl passes all of ListCrawls' filters."""
    shown = crawler_history(crawl)
    return all(_passes(shown, condition) for condition in filters)


def _passes(shown: JsonDict, condition: "CrawlsFilterTypeDef") -> bool:
    compare = _COMPARE.get(condition.get("FilterOperator", "EQ"))
    member = _MEMBERS.get(condition.get("FieldName", ""))
    if compare is None or member is None:
        raise InvalidInputException(f"Invalid filter: {condition}")
    if condition["FieldName"] in _NAMES and condition.get("FilterOperator", "EQ") not in ("EQ", "NE"):
        raise InvalidInputException(f"Only EQ or NE operator is allowed for field : {condition['FieldName']}")
    actual, wanted = shown.get(member), condition.get("FieldValue", "")
    if actual is None:
        return False
    try:
        if isinstance(actual, datetime):
            return compare(actual, _moment(wanted))
        return compare(actual, float(wanted) if isinstance(actual, float) else wanted)
    except ValueError as error:
        raise InvalidInputException(f"Invalid filter value: {wanted}") from error


def _moment(text: str) -> datetime:
    """Read a time, given in milliseconds since 1970 as AWS takes it, or in ISO 8601."""
    if text.isdigit():
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
