"""The only readers of PDF objects in the verifier: pikepdf, pyHanko and pdfium live here."""
