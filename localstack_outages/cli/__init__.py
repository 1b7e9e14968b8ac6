"""The command line ``localstack-outages``. Nothing else in this package needs click or rich.

Its modules import what they need where they need it: ``--help`` and completion must be quick.
"""
