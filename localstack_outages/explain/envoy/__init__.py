"""What of a list of rules Envoy's own fault filter can carry, as its configuration, and why not the rest."""
