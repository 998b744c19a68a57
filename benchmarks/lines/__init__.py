"""The pass lines, by what they are about."""
