"""Where the calls of a run are made."""
