"""Subcommands, thin: read arguments, call a flow, print."""
