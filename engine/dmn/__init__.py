"""Decision Model and Notation: tables that process owners write, compiled to durable_rules."""
