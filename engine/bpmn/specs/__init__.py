"""What each kind of flow node does: subclasses of the library's task specs, corrected."""
