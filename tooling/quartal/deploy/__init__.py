"""``bootstrap``, ``plan``, ``apply``, ``destroy``, ``adopt`` and ``drift``: changes of an environment, each reviewed.

Input: a workspace. Output: the review of the changes, and the changes themselves once they are approved.
Imports ``terraform`` and ``plan_review``.
"""
