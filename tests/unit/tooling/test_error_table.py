"""The table of errors is whole: every place that makes one has a row, with a test that provokes it, and a remedy."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import yaml

import plan_review.errors
from quartal.core import errors
from quartal.core.errors import error_code
from tests.site_modules import site_module

ROOT = Path(__file__).parents[3]


SITES = {site.key: site for site in site_module("error_sites").error_sites()}
TYPES = site_module("error_sites").error_types()
TABLE: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("errors.yaml").read_text("utf-8"))
ERRORS = {place: test for places in TABLE.values() for place, test in places.items()}


@cache
def functions_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_place_that_makes_an_error_has_a_row_and_no_row_is_left_over():
    assert sorted(set(SITES) - set(ERRORS)) == []
    assert sorted(set(ERRORS) - set(SITES)) == []
    assert {place: kind for kind, places in TABLE.items() for place in places} == {
        key: site.type for key, site in SITES.items()
    }


def test_every_type_of_error_is_raised_somewhere_and_has_an_exit_code():
    made = Counter(site.type for site in SITES.values())
    bases = {"ReviewError", "TerraformConfigurationError"}  # the second is made by its base's maker
    assert {name for name in TYPES if not made[name]} == bases
    for name, kind in TYPES.items():
        assert kind.exit_code == getattr(errors if hasattr(errors, name) else plan_review.errors, name).exit_code


@pytest.mark.parametrize("test", sorted(set(ERRORS.values())))
def test_test_named_in_a_row_exists(test: str):
    file, _, name = test.partition("::")
    assert name in functions_in(file)


@pytest.mark.parametrize("key", sorted(SITES))
def test_error_has_a_remedy(key: str):
    assert SITES[key].remedy


def test_code_of_an_error_names_its_part_of_the_page():
    page = site_module("error_sites").page()
    kinds = {name for name in TYPES if any(site.type == name for site in SITES.values())}
    codes = {error_code(type(name, (Exception,), {})()) for name in kinds}
    assert {"configuration", "not-deployed", "upload", "terraform"} <= codes
    assert set(re.findall(r"\{ #([a-z-]+) \}", page)) <= codes
