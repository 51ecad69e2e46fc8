"""Which calls fail, and how: fixed rules, a seed, and counters of the calls."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

MAX_DELAY_S = 300.0
MAX_RULES = 100


class Mode(StrEnum):
    """The effect on a call."""

    FAIL_BEFORE = "fail-before"  # 500, and nothing was done
    FAIL_AFTER = "fail-after"  # done, and 500 all the same
    LOSE_ANSWER = "lose-answer"  # done, and the connection ends without an answer
    RESET_BEFORE = "reset-before"  # the connection ends, and nothing was done
    RESET_MID_ANSWER = "reset-mid-answer"  # done, and the connection ends in the middle of the answer
    TRUNCATE = "truncate"  # done, and the response is closed properly after half of its announced length
    DELAY = "delay"  # done and answered, later
    THROTTLE = "throttle"  # SlowDown, ThrottlingException; nothing was done
    EXPIRE = "expire"  # ExpiredToken; nothing was done
    DENY = "deny"  # AccessDenied; nothing was done
    HIDE = "hide"  # not found, as of what is not shown yet; nothing was done

    @property
    def is_done(self) -> bool:
        """Whether the call has its effect."""
        return self is not Mode.RESET_BEFORE and (not self.is_refusal or self is Mode.FAIL_AFTER)

    @property
    def is_refusal(self) -> bool:
        """Whether the client gets a complete error response."""
        return self in (Mode.FAIL_BEFORE, Mode.FAIL_AFTER, Mode.THROTTLE, Mode.EXPIRE, Mode.DENY, Mode.HIDE)


class Language(StrEnum):
    """What a client speaks: the form of the errors that it reads."""

    XML = "xml"
    JSON = "json"
    CBOR = "cbor"


@dataclass(frozen=True, slots=True)
class Call:
    """A call as rules see it: service and operation in AWS's words; the key is `bucket/key` or the resource's name.

    What the client speaks decides on the form of its errors.
    """

    service: str
    operation: str
    key: str = ""
    language: Language = Language.XML


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault and the calls that it affects.

    Attributes:
        mode: the effect on them.
        service: pattern of the service, such as `s3` or `*`.
        operation: pattern of the operation, such as `UpdateTable` or `Put*`.
        key: pattern of the key.
        nth: the first of the matching calls to affect, counted from 1.
        times: how many of them from there on; None for all.
        probability: the probability that each of those calls is affected, decided by the plan's seed.
        delay_s: of `delay`, in seconds.
    """

    mode: Mode
    service: str = "*"
    operation: str = "*"
    key: str = "*"
    nth: int = 1
    times: int | None = 1
    probability: float = 1.0
    delay_s: float = 0.0

    def fits(self, call: Call) -> bool:
        """Whether the call matches."""
        return (
            fnmatchcase(call.service, self.service)
            and fnmatchcase(call.operation, self.operation)
            and fnmatchcase(call.key, self.key)
        )

    @classmethod
    def parse(cls, record: Mapping[str, Any]) -> Rule:
        """A rule from JSON.

        Raises:
            ValueError: it is not a rule.
        """
        if not isinstance(record, Mapping):
            raise ValueError("a rule is an object")
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(record) - known):
            raise ValueError(
                f"a rule has no member {', '.join(map(str, unknown))}; its members are {', '.join(sorted(known))}"
            )
        try:
            mode = Mode(record.get("mode", ""))
        except ValueError as error:
            raise ValueError(f"mode must be one of {', '.join(Mode)}") from error
        patterns = {name: record.get(name, "*") for name in ("service", "operation", "key")}
        for name, pattern in patterns.items():
            if not isinstance(pattern, str):
                raise ValueError(f"{name} must be a pattern such as 'Put*'")
        nth, times = record.get("nth", 1), record.get("times", 1)
        if not _is_count(nth) or not (times is None or _is_count(times)):
            raise ValueError("nth must be a number from 1 on; times too, or null for every call")
        return cls(
            mode,
            **patterns,
            nth=nth,
            times=times,
            probability=_number(record, "probability", 1.0, 1.0),
            delay_s=_number(record, "delay_s", 0.0, MAX_DELAY_S),
        )


@dataclass(slots=True)
class _Standing:
    """How often a rule's calls came, and how often it struck."""

    seen: int = 0
    struck: int = 0


class FaultPlan:
    """Decides for each call, in the order of arrival. The first rule that applies counts.

    The same rules, seed and order of calls give the same faults. It may be used by several threads.
    """

    def __init__(self, rules: Sequence[Rule] = (), seed: int | str = 0) -> None:
        self.rules = tuple(rules)
        self.seed = seed
        self._draws = [random.Random(f"{seed}/{number}") for number in range(len(self.rules))]  # noqa: S311
        self._standing = [_Standing() for _ in self.rules]
        self._lock = threading.Lock()
        self._struck: list[tuple[Call, Rule]] = []

    @classmethod
    def parse(cls, record: Mapping[str, Any]) -> FaultPlan:
        """A plan from `{"seed": ..., "rules": [...]}`.

        Raises:
            ValueError: it is not a plan.
        """
        if not isinstance(record, Mapping) or set(record) - {"seed", "rules"}:
            raise ValueError('a plan must be {"seed": number or text, "rules": [...]}')
        rules, seed = record.get("rules"), record.get("seed", 0)
        if not isinstance(rules, list) or not 1 <= len(rules) <= MAX_RULES:
            raise ValueError(f"rules must be a list of 1 to {MAX_RULES} rules")
        if isinstance(seed, bool) or not isinstance(seed, int | str):
            raise ValueError("seed must be a number or a text")
        return cls([Rule.parse(rule) for rule in rules], seed)

    def decide(self, call: Call) -> Rule | None:
        """The rule that applies to this call, if any; the call is counted."""
        with self._lock:
            chosen = None
            for rule, draw, standing in zip(self.rules, self._draws, self._standing, strict=True):
                if not rule.fits(call):
                    continue
                standing.seen += 1
                if chosen is not None or standing.seen < rule.nth:
                    continue
                if rule.times is not None and standing.struck >= rule.times:
                    continue
                if draw.random() < rule.probability:
                    standing.struck += 1
                    chosen = rule
            if chosen is not None:
                self._struck.append((call, chosen))
            return chosen

    @property
    def struck(self) -> tuple[tuple[Call, Rule], ...]:
        """Every call that was struck, in their order."""
        with self._lock:
            return tuple(self._struck)

    def as_record(self) -> dict[str, Any]:
        """For JSON: rules with how often their calls came and were struck, and the calls that were."""
        with self._lock:
            rules = [asdict(rule) | asdict(at) for rule, at in zip(self.rules, self._standing, strict=True)]
            struck = [
                {"service": call.service, "operation": call.operation, "key": call.key, "mode": rule.mode}
                for call, rule in self._struck
            ]
        return {"seed": self.seed, "rules": rules, "struck": struck}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _number(record: Mapping[str, Any], name: str, default: float, most: float) -> float:
    value = record.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{name} must be a number from 0 to {most:g}")
    return float(value)
