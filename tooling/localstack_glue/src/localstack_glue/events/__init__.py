"""The events that the service sends to EventBridge (G30)."""
