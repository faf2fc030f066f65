"""One file a command: read the arguments, call the parts, print."""
