"""The gateway: a server of its own before any AWS endpoint, with the same rules and control API.

Needs the extra ``standalone``; of LocalStack it needs nothing. Requests and answers stream through it
as they are. It sees neither the calls that an emulator makes inside itself nor anything else of it.
"""
