"""Keys of people and machines, what signs with them, and signed envelopes. Nothing cryptographic is made here."""
