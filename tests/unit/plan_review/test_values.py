import json

from hypothesis import given
from hypothesis import strategies as st

from plan_review.values import Marker, Side, differences, plain, redacted, shown

SECRET = "s3cr3t"
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=12,
)


@st.composite
def hidden_values(draw):
    """A value with secrets in it, and Terraform's tree that says where they are."""
    kind = draw(st.sampled_from(["leaf", "secret", "list", "dict"]))
    if kind == "leaf":
        return draw(LEAVES), False
    if kind == "secret":
        return draw(st.sampled_from([SECRET, [SECRET], {"a": SECRET}])), True
    if kind == "list":
        entries = draw(st.lists(hidden_values(), max_size=3))
        return [value for value, _ in entries], [tree for _, tree in entries]
    named = draw(st.dictionaries(st.text(max_size=3), hidden_values(), max_size=3))
    return {name: value for name, (value, _) in named.items()}, {name: tree for name, (_, tree) in named.items()}


@given(hidden_values(), hidden_values(), st.one_of(st.booleans(), VALUES))
def test_no_sensitive_value_is_ever_shown(before, after, unknown):
    one, other = redacted(Side(*before), Side(*after)), redacted(Side(*after, unknown), Side(*before))
    texts = [json.dumps(plain(one)), json.dumps(plain(other))]
    texts += [shown(item.before) + shown(item.after) for item in differences(one, other)]
    assert not any(SECRET in text for text in texts)


@given(VALUES)
def test_equal_values_do_not_differ(value):
    assert list(differences(value, json.loads(json.dumps(value)))) == []


@given(VALUES)
def test_value_without_secrets_stays_what_it_is(value):
    assert redacted(Side(value)) == value


def test_unknown_part_of_a_known_list_is_marked():
    assert redacted(Side([{"id": 1}], False, [{"arn": True}, True])) == [
        {"arn": Marker.UNKNOWN, "id": 1},
        Marker.UNKNOWN,
    ]


def test_documents_are_compared_as_documents():
    before, after = json.dumps({"a": [1], "b": 2}), json.dumps({"b": 3, "a": [1]}, indent=4)
    assert [(item.path, item.before, item.after) for item in differences(before, after, "policy")] == [
        ("policy.b", 2, 3)
    ]


def test_null_and_absent_are_the_same_nothing():
    assert list(differences({"a": None, "b": []}, {"b": None})) == []


def test_truth_and_one_are_not_the_same():
    assert [item.path for item in differences({"a": True}, {"a": 1})] == ["a"]
