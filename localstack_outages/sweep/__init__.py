"""The sweep: which calls fail in turn and how, what a test or a command made of it, and the reports.

What runs them and watches them is handed in: pytest's plugin or the command line.
"""
