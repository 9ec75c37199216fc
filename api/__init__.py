"""Falcon resources and the `marque` command: the composition root."""
