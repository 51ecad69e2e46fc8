"""AWS Budgets: budgets, their notifications and subscribers are stored; nothing is ever spent or notified."""
