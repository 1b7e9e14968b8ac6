"""AWS's wire protocols, on botocore's data alone: reads a call from a raw HTTP request, and writes an
error in the protocol of that call.

All of it is pure: nothing here opens a socket, waits, or knows a web server or an emulator. The
data is read when first asked for; of a service's model only a small part is kept.
"""
