"""HTTP routes, one module a topic; each makes a router from what it is given."""
