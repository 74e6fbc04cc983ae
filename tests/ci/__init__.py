"""The pieces for CI in `hooks/` and their document: carried out here as far as that goes without their hosts."""
