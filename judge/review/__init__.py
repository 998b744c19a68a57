"""People settle what a judge leaves in doubt: which items, with which probability."""
