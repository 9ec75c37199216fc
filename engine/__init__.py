"""BPMN, DMN, jobs and history. Knows nothing of cars, HTTP or screens."""
