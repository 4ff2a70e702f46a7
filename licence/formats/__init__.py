"""Every byte format, encoder and decoder together; `docs/formats/` has a page for each."""
