"""Who hosts the sessions of guarded commands: the daemon of one `SLOPGUARD_HOME`, or a command's own process."""
