"""`anzheng demo`: the whole story on throw-away authorities, each step through the real code."""
