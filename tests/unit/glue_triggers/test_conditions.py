"""When the conditions of a trigger are met (G4, G5)."""

import pytest

from glue_triggers.conditions import End, Kind, Node, Predicate, ended_since

A, B = Node(Kind.JOB, "a"), Node(Kind.JOB, "b")


def predicate(*conditions: tuple[str, str], logical: str | None = None) -> Predicate:
    entries = [{"LogicalOperator": "EQUALS", "JobName": job, "State": state} for job, state in conditions]
    return Predicate.from_request({"Conditions": entries, **({"Logical": logical} if logical else {})})


BOTH = (("a", "SUCCEEDED"), ("b", "FAILED"))


@pytest.mark.parametrize(
    ("logical", "ends", "expected"),
    [
        ("AND", [End(A, "SUCCEEDED")], False),
        ("AND", [End(A, "SUCCEEDED"), End(B, "FAILED")], True),
        (None, [End(A, "SUCCEEDED")], False),  # AND is meant where nothing is said
        (None, [End(A, "SUCCEEDED"), End(B, "FAILED")], True),
        ("ANY", [End(A, "SUCCEEDED")], True),
        ("ANY", [End(B, "FAILED")], True),
        ("ANY", [End(A, "FAILED"), End(B, "SUCCEEDED")], False),
        ("ANY", [], False),
        ("AND", [End(Node(Kind.CRAWLER, "a"), "SUCCEEDED"), End(B, "FAILED")], False),  # a crawler of the same name
    ],
)
def test_conditions_hold_by_their_logic(logical, ends, expected):
    assert predicate(*BOTH, logical=logical).holds(ends) is expected


@pytest.mark.parametrize("logical", ["AND", "ANY"])
def test_predicate_without_conditions_never_holds(logical):
    assert not predicate(logical=logical).holds([End(A, "SUCCEEDED")])
    assert not Predicate.from_request(None).holds([End(A, "SUCCEEDED")])


def test_condition_holds_after_the_last_matching_end():
    ends = [End(A, "SUCCEEDED", "first"), End(A, "FAILED", "second"), End(A, "SUCCEEDED", "third")]
    assert predicate(*BOTH).met_by(ends) == {0: End(A, "SUCCEEDED", "third")}


def fired(watch: Predicate, *ends: End) -> list[tuple[End, ...] | None]:
    """What each end makes fire, one after the other."""
    ended: dict[Node, End] = {}
    answers = []
    for end in ends:
        ended, met_by = ended_since(ended, watch, end)
        answers.append(met_by)
    return answers


def test_trigger_outside_a_workflow_waits_for_all_anew_once_it_has_fired():
    a, b = End(A, "SUCCEEDED", "1"), End(B, "FAILED", "2")
    assert fired(predicate(*BOTH), a, b, a, a, b) == [None, (a, b), None, None, (a, b)]


def test_newest_end_of_a_job_replaces_the_one_before():
    a, b = End(A, "SUCCEEDED"), End(B, "FAILED")
    assert fired(predicate(*BOTH), a, End(A, "STOPPED"), b, a) == [None, None, None, (a, b)]


def test_end_without_a_matching_condition_fires_nothing():
    a = End(A, "SUCCEEDED")
    watch = predicate(*BOTH, logical="ANY")
    assert ended_since({A: a}, watch, End(B, "SUCCEEDED")) == ({A: a, B: End(B, "SUCCEEDED")}, None)
    assert ended_since({A: a}, watch, End(Node(Kind.JOB, "c"), "FAILED")) == ({A: a}, None)
