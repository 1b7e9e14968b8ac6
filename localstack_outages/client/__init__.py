"""The clients of the control API for Python, and outages for the length of a ``with`` block.

They speak HTTP to a server and share the schema with it. Nothing of the server itself comes in here.
"""
