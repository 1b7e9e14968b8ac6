"""The driver for Chaos Toolkit: actions, probes and a control for experiments.

Experiments name its modules, such as ``localstack_outages.chaostoolkit.actions``. Where LocalStack or the
gateway is says ``outages_endpoint`` in the experiment's configuration, else the environment, as for
``OutagesClient``. It needs nothing of Chaos Toolkit's but to be called.
"""
