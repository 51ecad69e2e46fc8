"""Python modules that a job run asks for: which are missing, and how they are installed."""

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from localstack_glue.jobs.runtime import installers
from localstack_glue.jobs.runtime.files import JobPreparationError
from localstack_glue.jobs.runtime.modules import ModuleInstaller, RuntimePython, missing_requirements


@pytest.fixture(scope="module")
def own_python() -> RuntimePython:
    return RuntimePython.probe(Path(sys.executable))


def test_modules_that_are_installed_are_not_missing(own_python):
    wanted = [f"pytest=={version('pytest')}", "hypothesis>=1", "Packaging", 'colorama; sys_platform == "nope"']

    assert missing_requirements(wanted, own_python) == []  # G28


@pytest.mark.parametrize(
    "wanted", ["pytest==0.1", "surely-not-installed", "s3://b/x-1.0-py3-none-any.whl", "moto[surely-not-an-extra]>=99"]
)
def test_modules_that_are_not_there_are_missing(own_python, wanted):
    assert missing_requirements([wanted], own_python) == [wanted]


def test_module_without_its_extra_is_missing():
    class Distribution:
        version = "1.0"
        requires = ('needed>=2; extra == "more"', "always>=1")

    runtime = RuntimePython({}, {"thing": Distribution()})  # type: ignore[dict-item]

    assert missing_requirements(["thing"], runtime) == []
    assert missing_requirements(["thing[more]"], runtime) == ["thing[more]"]  # G28


def test_extra_that_brings_itself_or_others_in_a_circle_is_there():
    class Distribution:
        version = "1.0"
        requires = ('thing[all,a]; extra == "all"', 'thing[b]; extra == "a"', 'thing[a]; extra == "b"')

    runtime = RuntimePython({}, {"thing": Distribution()})  # type: ignore[dict-item]

    assert missing_requirements(["thing[all]"], runtime) == []


def test_requirement_that_is_none_is_a_clear_error(own_python):
    with pytest.raises(JobPreparationError, match="--additional-python-modules: not a module"):
        missing_requirements(["not a module"], own_python)


def test_same_modules_are_installed_once(tmp_path):
    installer = ModuleInstaller(Path(sys.executable), tmp_path)
    commands = []

    def install(command):
        commands.append(command)
        (Path(command[command.index("--target") + 1]) / "module.py").write_text("")

    installer._run = install  # type: ignore[method-assign]
    folders = {installer.install(["b==1", "a==1"]), installer.install(["a==1", "b==1"])}

    assert len(commands) == len(folders) == 1
    assert (folders.pop() / "module.py").is_file()


def test_failed_install_leaves_nothing_in_the_cache(tmp_path):
    installer = ModuleInstaller(Path(sys.executable), tmp_path)

    def fail(command):
        raise JobPreparationError("no network")

    installer._run = fail  # type: ignore[method-assign]
    with pytest.raises(JobPreparationError):
        installer.install(["a==1"])

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("stderr", "told"),
    [
        pytest.param(
            "WARNING: an index is ignored\nERROR: Could not find a version that satisfies x\nERROR: No match for x\n",
            "Could not find a version that satisfies x: No match for x",
            id="pip",
        ),
        pytest.param(
            "Using CPython 3.11\nerror: Request failed\n  cause: client error (Connect)\n"
            "  cause: invalid peer certificate: UnknownIssuer\n\nhint: Consider enabling native TLS\n  with a flag\n",
            "Request failed: client error (Connect): invalid peer certificate: UnknownIssuer",
            id="uv",
        ),
        pytest.param(
            "  \u00d7 No solution found\n  ╰─▶ Because x was not found\n      and you require x\n\nhint: x\n",
            "No solution found: Because x was not found: and you require x",
            id="uv's tree",
        ),
        pytest.param("", "exit code 2", id="nothing"),
    ],
)
def test_failed_install_reports_the_cause_and_not_the_hint(stderr, told):
    assert installers.cause(stderr, 2) == told


def test_installer_knows_private_certificates_by_all_of_their_names():
    handed_over = {installers.HANDED_OVER: '{"SSL_CERT_FILE": "/ca.pem", "UV_INDEX_URL": "https://x"}'}

    found = installers.environment({"PATH": "/bin", **handed_over})

    assert {name: found[name] for name in installers.CERTIFICATES} == dict.fromkeys(installers.CERTIFICATES, "/ca.pem")
    assert (found["PATH"], found["UV_INDEX_URL"]) == ("/bin", "https://x")
    assert installers.environment({"REQUESTS_CA_BUNDLE": "/own", "PIP_CERT": "/pip"})["PIP_CERT"] == "/pip"
