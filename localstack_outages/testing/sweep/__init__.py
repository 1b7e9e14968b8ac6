"""The sweep of pytest's tests: runs each again with faults, and watches it.

It is loaded where ``--outages-sweep`` or ``--outages-replay`` asks for it, and else not.
"""
