"""Rules in words, likely mistakes in them, and why a rule did or did not apply to a call.

Pure functions from rules and documents to text. Nothing here decides anything or looks at state.
"""
