"""The team's side of lists: sources people review, built, signed and published. Decides nothing about a package."""
