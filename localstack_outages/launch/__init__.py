"""Starts a host of outages, LocalStack with the extension in it or a gateway, watches it and ends it.

Processes, files and signals. Nothing here knows rules or calls.
"""
