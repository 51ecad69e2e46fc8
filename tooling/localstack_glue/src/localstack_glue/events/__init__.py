"""What the service tells EventBridge (G30)."""
