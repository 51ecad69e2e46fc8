"""What needs attention, in sentences: one list for the mail about a run, for `quartal status` and for the report.

In come facts about runs and deliveries; out go findings, each with the command that helps.
Imports nothing but the manifest's model, so that the job and the tooling report the same.
"""
