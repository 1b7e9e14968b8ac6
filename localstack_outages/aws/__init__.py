"""What is known of AWS: its names, the errors of each service, what is tried again, signatures and
the headers of SDKs.

Only facts, each with its source. Nothing here knows of rules' state, of a host or of an emulator.
"""
