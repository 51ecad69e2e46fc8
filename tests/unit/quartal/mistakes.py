"""What users get wrong in an environment's variables, and Terraform's own words for it.

`tests/terraform/test_mistakes.py` makes each mistake with real Terraform and compares the words; the unit tests hand
them to the command.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake.

    Attributes:
        name: what is wrong.
        summary: the summary of Terraform's diagnostic.
        detail: its detail; of several paragraphs the first.
        message: what `quartal` says.
        remedy: what `quartal` says to do.
        variables: what the environment sets, as HCL, beside or instead of what it sets now.
        without: a variable that the environment does not set.
        contract: a data contract's file under `contracts/` and its text.
    """

    name: str
    summary: str
    detail: str
    message: str
    remedy: str
    variables: str = ""
    without: str = ""
    contract: tuple[str, str] | None = None


VARIABLES = "infra/environments/localstack.tfvars"
MISTAKES = (
    Mistake(
        name="missing variable",
        summary="No value for required variable",
        detail='The root module input variable "region" is not set, and has no default value. Use a -var or -var-file '
        "command line argument to provide a value for this variable.",
        message="sets no value for region",
        remedy=f"Give region a value in {VARIABLES}",
        without="region",
    ),
    Mistake(
        name="invalid cron",
        summary="Invalid value for variable",
        detail="schedule.cron has a field that Glue does not accept. The fields are minutes 0-59, hours 0-23, day of "
        "month 1-31, month 1-12 or JAN-DEC, day of week 1-7 or SUN-SAT, and year, with the wildcards , - * / ? L W.",
        message="schedule.cron has a field that Glue does not accept",
        remedy=VARIABLES,
        variables='schedule = { cron = "cron(61 2 1 * ? *)" }',
    ),
    Mistake(
        name="lead time longer than a quarter",
        summary="Invalid value for variable",
        detail="schedule.lead_time_days must be a whole number of days from 0 to 89: with a longer lead time, the "
        "workflow would start before the previous ML run.",
        message="schedule.lead_time_days must be a whole number of days from 0 to 89",
        remedy=VARIABLES,
        variables="schedule = { ml_run = { first_month = 1, day = 15 }, lead_time_days = 95 }",
    ),
    Mistake(
        name="contract that is missing",
        summary="Invalid value for variable",
        detail="There is no data contract for no_such in artifacts/contracts. Check the variable contracts, and that "
        "the artifacts were built.",
        message="names a data contract that does not exist",
        remedy="write data/contracts/no_such.yaml",
        variables="contracts = { no_such = {} }",
    ),
    Mistake(
        name="contract that is broken",
        summary="Invalid value for variable",
        detail="The data contract broken.yaml cannot be read: schema[0] must have a name, and properties that each "
        "have a name.",
        message="The data contract broken.yaml is broken",
        remedy="Correct data/contracts/broken.yaml: `quartal contract lint data/contracts/broken.yaml`",
        variables="contracts = { broken = {} }",
        contract=("broken.yaml", "schema: []\n"),
    ),
    Mistake(
        name="contract that is no YAML",
        summary="Invalid value for variable",
        detail="The data contract broken.yaml cannot be read: schema[0] must have a name, and properties that each "
        "have a name.",
        message="The data contract broken.yaml is broken",
        remedy="Correct data/contracts/broken.yaml",
        variables="contracts = { broken = {} }",
        contract=("broken.yaml", "schema: [\n"),
    ),
    Mistake(
        name="value of the wrong type",
        summary="Invalid value for input variable",
        detail="The given value is not suitable for var.log_retention_days declared at variables.tf:173,1-30: a number "
        "is required.",
        message="a value of the wrong type",
        remedy=VARIABLES,
        variables='log_retention_days = "many"',
    ),
)
