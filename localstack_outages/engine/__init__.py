"""Decides what happens to a call: the index over rules, the state of each rule, the list of rules, and
the steps by which a decision is carried out.

It says what is to be done and does nothing itself: no sleep, no socket, no host; clock and chance
are given to it.
"""
