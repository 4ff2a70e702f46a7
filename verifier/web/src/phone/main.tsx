// Start of the offline page.
