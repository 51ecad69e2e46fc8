"""All that is Spark's alone: the session, its figures, SQL rules, and how much work is worth several tasks.

Other packages take a session as an argument.
Imports the contract, and no step of the run.
"""
