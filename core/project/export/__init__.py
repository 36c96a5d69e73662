"""What goes out, in the formats of other programs."""
