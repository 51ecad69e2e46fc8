"""What a role that the service assumed may do: pure rules, and the gateway handler that applies them."""
