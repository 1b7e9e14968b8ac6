"""What happened: the record of a finished call, and all that keeps, counts or judges such records.

Nothing here changes what happens to a call, and a failure here reaches none.
"""
