"""Which suites wait for the night: those that no change since a commit touches."""

import subprocess

import pytest

from tests import slow_suites

pytest_plugins = ["pytester"]
SUITES = """
import pytest

@pytest.mark.nightly(touches=["infra/*"])
def test_slow(): ...

def test_quick(): ...
"""


@pytest.fixture
def checkout(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makepyfile(SUITES)
    pytester.makeini("[pytest]\nmarkers = nightly(touches)")
    monkeypatch.setattr(slow_suites, "ROOT", pytester.path)
    monkeypatch.delenv("QUARTAL_CHANGED_SINCE", raising=False)
    git(pytester, "init", "-q", "-b", "main")
    commit(pytester, "docs/page.md")
    git(pytester, "branch", "before")
    return pytester


def git(checkout: pytest.Pytester, *arguments: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *who, *arguments], cwd=checkout.path, check=True)


def commit(checkout: pytest.Pytester, path: str) -> None:
    file = checkout.path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("changed")
    git(checkout, "add", path)
    git(checkout, "commit", "-q", "-m", path)


@pytest.mark.parametrize(
    ("changed", "since", "options", "played"),
    [
        ("infra/modules/x/main.tf", "", [], 1),
        ("infra/modules/x/main.tf", "before", [], 2),
        ("docs/other.md", "before", [], 1),
        ("docs/other.md", "", ["--nightly"], 2),
    ],
)
def test_slow_suite_plays_at_night_and_where_a_change_touches_it(
    checkout, monkeypatch, changed, since, options, played
):
    commit(checkout, changed)
    monkeypatch.setenv("QUARTAL_CHANGED_SINCE", since)
    result = checkout.inline_run("-p", "tests.slow_suites", *options)
    passed, skipped, failed = result.countoutcomes()
    assert (passed, skipped, failed) == (played, 2 - played, 0)
