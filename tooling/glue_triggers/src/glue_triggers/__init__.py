"""When AWS Glue starts what: schedules, conditions of triggers, workflows, and a year of them simulated.

In come definitions of jobs, crawlers, triggers and workflows; out go dates, what they start, and findings.
Imports the standard library only.
"""
