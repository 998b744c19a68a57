"""Statistics: arrays in, frozen results out; nothing of the rest of the product is imported here."""
