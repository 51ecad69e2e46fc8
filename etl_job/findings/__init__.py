"""What needs attention, in sentences: one list for the mail about a run, for `quartal status` and for the report.

Input: facts about runs and deliveries. Output: findings, each with the command that helps. It imports only the
manifest's model, so that the job and the tooling report the same.
"""
