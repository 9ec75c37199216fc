"""A naive application on stock SpiffWorkflow: what one writes after reading its documentation."""
