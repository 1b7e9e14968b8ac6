"""What users write and read: rules with their faults, scenarios, the documents and parameters of the
control API, errors, durations and globs.

Everything here is data, its checking, and what a fault comes to for one call. Nothing knows AWS's
names, waits or does I/O, except for reading a file of rules.
"""
