"""One module for each step of the life of a licence (DESIGN section 2)."""
