"""Several hosts that share one list of rules, its budgets and its evidence through Redis or Valkey.

Loaded only where ``--share`` or ``OUTAGES_SHARE`` names one. Each host is a replica of the fleet. Without
Redis a replica goes on by what it knew last.
"""
