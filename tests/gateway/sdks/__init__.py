"""What AWS's SDKs make of injected faults, measured; see ``docs/sdks.md``."""
