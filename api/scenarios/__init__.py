"""Scenarios: a process owner's examples in YAML, played with a virtual clock against the real engine."""
