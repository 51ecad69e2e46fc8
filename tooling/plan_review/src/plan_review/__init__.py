"""The review of a Terraform plan: what changes, what is lost, who gains access, what it costs, may it go."""
