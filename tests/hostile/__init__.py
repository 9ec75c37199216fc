"""Inputs that mean harm, thrown at every door: files, expressions, tables, forms, requests."""
