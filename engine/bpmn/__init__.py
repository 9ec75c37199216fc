"""The narrow seam to SpiffWorkflow: the only package that imports it."""
