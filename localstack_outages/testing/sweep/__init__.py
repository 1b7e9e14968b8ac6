"""The sweep: each AWS call of each test fails in turn, and what the application makes of it is judged.

It is loaded where ``--outages-sweep`` or ``--outages-replay`` asks for it, and else not.
"""
