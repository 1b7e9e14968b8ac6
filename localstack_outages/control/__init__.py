"""The control API as functions from a plain request to a plain answer: routes, streams, status,
OpenAPI, LocalStack's Chaos API, and the console's files.

No web framework and no socket: a host hands requests in and sends answers out.
"""
