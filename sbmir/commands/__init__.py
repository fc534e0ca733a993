"""What each `sbmir` command does: a module a command, with ``run(options) -> exit status``."""
