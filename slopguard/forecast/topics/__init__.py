"""What a topic is about: its words and packages, and the names that follow from them."""
