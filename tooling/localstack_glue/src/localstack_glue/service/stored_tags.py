"""Tags of resources that are only stored, by ARN."""

from collections.abc import Iterable, Mapping

from localstack_glue.service.models import JsonDict

TagStore = dict[str, dict[str, str]]


def add(tags: TagStore, arn: str, added: Iterable[Mapping[str, str]] | None) -> None:
    """Add tags in the API's form, `[{"Key": k, "Value": v}]`; one of the same key is replaced."""
    tags.setdefault(arn, {}).update({tag["Key"]: tag.get("Value") or "" for tag in added or ()})


def remove(tags: TagStore, arn: str, keys: Iterable[str]) -> None:
    """Drop the tags of these keys."""
    for key in keys:
        tags.get(arn, {}).pop(key, None)


def listed(tags: TagStore, arn: str) -> list[JsonDict]:
    """The tags in the API's form."""
    return [{"Key": key, "Value": value} for key, value in tags.get(arn, {}).items()]
