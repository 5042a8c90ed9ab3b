"""The command line: a thin shell over the workspace, one module a command group."""
