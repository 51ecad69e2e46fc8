"""The permissions of a role that the service assumed: pure rules, and the gateway handler that applies them."""
