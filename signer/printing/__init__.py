"""What is drawn under the words of a page so that a copy shows: pure functions, vectors only.

Each module draws one thing from the layout, the digest of `licence.json` and the text it repeats;
`layers` puts them together for a page. Nothing here writes text: letters are outlines, so that a
program that reads the page finds the words of the licence and no others.
"""
