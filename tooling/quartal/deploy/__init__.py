"""``bootstrap``, ``plan``, ``apply``, ``destroy``, ``adopt`` and ``drift``: changes of an environment, each reviewed.

In comes a workspace; out go the review of what would change, and the change once it is approved.
Imports ``terraform`` and ``plan_review``.
"""
