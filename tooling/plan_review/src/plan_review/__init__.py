"""The review of a Terraform plan: changes, losses, access, costs, and whether it may be applied."""
