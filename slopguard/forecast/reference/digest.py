"""The digest of the reference model's weights; written by `tools/train_reference.py`."""

DIGEST = "4fbf8fdcbd9ab0cb136932d0815ed8d1cbb72c73b7c47f9b68d4e969cf3fc4b4"
