"""The API of AWS Fault Injection Service, and the experiments behind it, from a plain request to a
plain answer.

An experiment is an owner of rules, as a scenario is: its actions compile to rules with ``after`` and
``duration``. What rules cannot do, such as stopping an instance, is a call into the emulator.
"""
