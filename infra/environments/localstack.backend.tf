# Copied next to main.tf as backend_override.tf for the local environment, which needs no shared state.
terraform {
  backend "local" {}
}
