"""The headline of a review: counters, verdict, cost, first start, and the reasons in short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from plan_review.levels import Level
from plan_review.model import without_index
from plan_review.review import Review
from plan_review.rules import Finding
from plan_review.wording import before_after, moment

_MOST_APART = 3
_ABBREVIATIONS = frozenset({"acl", "ec2", "ecr", "ecs", "efs", "eks", "iam", "kms", "rds", "s3", "sns", "sqs", "vpc"})


def headline(review: Review) -> tuple[str, ...]:
    """Counters, verdict, cost if it changes, and the first start, one sentence each."""
    parts = [f"{review.plan.summary()}", f"Verdict: {review.verdict.sentence()}"]
    cost = review.cost
    if cost is not None and abs(cost.change_per_month) >= 0.005:
        parts.append(f"{before_after(cost.before.per_month, cost.after.per_month)} per month")
    starts = [date for schedule in review.schedules for date in schedule.next_dates[:1]]
    if starts:
        parts.append(f"First start {moment(min(starts))}")
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class Reasons:
    """Findings with the same sentence about several resources.

    Attributes:
        level: their level.
        rule: what found them.
        sentence: what they say.
        addresses: the resources in order; a single one, or an empty one for the whole plan, if nothing was grouped.
    """

    level: Level
    rule: str
    sentence: str
    addresses: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The subject in words: the address, or the number of resources by type."""
        return self.addresses[0] if len(self.addresses) == 1 else counted(self.addresses)


def grouped(reasons: Sequence[Finding]) -> tuple[Reasons, ...]:
    """Group findings with the same sentence about more than three resources; destroyed or lost ones stay separate."""
    alike: dict[tuple[Level, str, str], list[str]] = {}
    for each in reasons:
        alike.setdefault((each.level, each.rule, each.sentence), []).append(each.address)
    found: list[Reasons] = []
    counted_keys = set()
    for each in reasons:
        key = each.level, each.rule, each.sentence
        addresses = alike[key]
        if len(addresses) <= _MOST_APART or each.level >= Level.DESTROY:
            found.append(Reasons(*key, (each.address,)))
        elif key not in counted_keys:
            counted_keys.add(key)
            found.append(Reasons(*key, tuple(addresses)))
    return tuple(found)


def together(reasons: Sequence[Reasons]) -> tuple[Reasons, ...]:
    """Merge reasons with the same sentence, regardless of their level."""
    alike: dict[tuple[Level, str, str], list[str]] = {}
    for each in reasons:
        alike.setdefault((each.level, each.rule, each.sentence), []).extend(each.addresses)
    return tuple(Reasons(*key, tuple(addresses)) for key, addresses in alike.items())


def counted(addresses: Sequence[str]) -> str:
    """How many resources, and of which types: "18 resources: 11 IAM role policies, 4 IAM roles, SNS topic"."""
    kinds = Counter(kind_in_words(address) for address in addresses)
    each = [f"{count} {_plural(kind)}" if count > 1 else kind for kind, count in kinds.most_common()]
    return f"{len(addresses)} resources: {', '.join(each)}"


def kind_in_words(address: str) -> str:
    """The type of a resource in words: "aws_iam_role_policy" is an "IAM role policy"."""
    kind = without_index(address).split(".")[-2:][0]
    words = kind.split("_")[1:] or [kind]
    return " ".join(word.upper() if word in _ABBREVIATIONS else word for word in words)


def _plural(words: str) -> str:
    if words.endswith("y") and words[-2:-1] not in "aeiou":
        return f"{words[:-1]}ies"
    return f"{words}es" if words.endswith(("s", "x", "ch")) else f"{words}s"
