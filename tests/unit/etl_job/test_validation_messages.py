"""Problems of files in their authors' terms: pydantic's own terms do not occur."""

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from etl_job.contract.validation_messages import in_words, list_problems, problem_path

RAW = re.compile(
    r"[Ii]nput|[Ee]xtra|[Ff]ield|permitted|instance|dictionary|valid (string|integer|number|list)|pydantic"
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: int = 1


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: Annotated[str, Field(min_length=2, max_length=3, pattern="a.*")] = "ab"
    count: Annotated[int, Field(ge=1, le=9)] = 1
    share: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = 0.5
    amount: Decimal = Decimal(1)
    is_on: bool = True
    day: date = date(2024, 1, 1)
    colour: Colour = Colour.RED
    word: Literal["one", "two"] = "one"
    names: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)] = ("x",)
    places: list[str] = []
    inner: Inner = Inner()
    by_name: dict[str, int] = {}
    own: str = ""

    @field_validator("own")
    @classmethod
    def _own(cls, value: str) -> str:
        if value == "bad":
            raise ValueError("say what is good")
        return value


@pytest.mark.parametrize(
    ("given", "recorded"),
    [
        ({"texts": "x"}, "texts: is not a known name"),
        ({"text": 7}, "text: must be text"),
        ({"text": "a"}, "text: must have at least 2 characters"),
        ({"text": "abcd"}, "text: must have at most 3 characters"),
        ({"text": "bb"}, "text: must match a.*"),
        ({"count": "x"}, "count: must be a whole number"),
        ({"count": 1.5}, "count: must be a whole number"),
        ({"count": []}, "count: must be a whole number"),
        ({"count": 0}, "count: must be at least 1"),
        ({"count": 10}, "count: must be at most 9"),
        ({"share": 0}, "share: must be more than 0"),
        ({"share": 1}, "share: must be less than 1"),
        ({"share": float("nan")}, "share: must be a finite number"),
        ({"share": "x"}, "share: must be a number"),
        ({"amount": "x"}, "amount: must be a number"),
        ({"is_on": "maybe"}, "is_on: must be true or false"),
        ({"is_on": []}, "is_on: must be true or false"),
        ({"day": "x"}, "day: must be a date such as 2024-01-31"),
        ({"colour": "green"}, "colour: must be 'red' or 'blue'"),
        ({"word": "three"}, "word: must be 'one' or 'two'"),
        ({"names": ()}, "names: must have at least 1 entry"),
        ({"names": ["a", "b", "c"]}, "names: must have at most 2 entries"),
        ({"names": 7}, "names: must be a list"),
        ({"places": 7}, "places: must be a list"),
        ({"inner": 7}, "inner: must be a mapping of names to values"),
        ({"inner": {"number": "x"}}, "inner.number: must be a whole number"),
        ({"by_name": 7}, "by_name: must be a mapping of names to values"),
        ({"own": "bad"}, "own: say what is good"),
    ],
    ids=str,
)
def test_problem_is_described_in_terms_of_the_file(given: dict[str, Any], recorded: str):
    with pytest.raises(ValidationError) as error:
        Form.model_validate(given)
    problem = error.value.errors(include_url=False)[0]
    assert f"{problem_path(problem)}: {in_words(problem)}" == recorded
    assert not RAW.search(recorded.replace("is_on", ""))


def test_missing_value_is_described():
    class Needs(BaseModel):
        name: str

    with pytest.raises(ValidationError) as error:
        Needs.model_validate({})
    assert in_words(error.value.errors()[0]) == "is missing"


def test_list_of_bad_entries_is_not_reported_as_empty():
    with pytest.raises(ValidationError) as error:
        Form.model_validate({"names": [1], "count": 0})
    assert [problem_path(problem) for problem in list_problems(error.value)] == ["count", "names.0"]
    with pytest.raises(ValidationError) as error:
        Form.model_validate({"names": []})
    assert [problem_path(problem) for problem in list_problems(error.value)] == ["names"]
