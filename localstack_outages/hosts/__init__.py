"""Where the core stands: each host reads AWS calls, carries out what the engine says, and serves the
control API.

Only a host knows its web server and its emulator. What is optional in one is loaded so that its
absence costs a warning and nothing else.
"""
