"""The pytest plugin: outages for one test, and a LocalStack or a gateway for a run that has none.

pytest is known here alone, and nothing but pytest is imported before a test asks for it.
"""
