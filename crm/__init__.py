"""The customer register that the flows read and write. Knows the engine, not HTTP."""
