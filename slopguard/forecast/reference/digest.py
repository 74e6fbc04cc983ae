"""The digest of the reference model's weights; written by `tools/train_reference.py`."""

DIGEST = "47fb266c4a0ab2e9314ade793d6d95580f5ea61c587ea01ab9e81e9a4948de72"
