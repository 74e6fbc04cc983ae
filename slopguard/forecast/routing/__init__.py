"""Routing: each kind of request goes to the speculating server where it was measured to gain, else to the plain one."""
