"""One turn of the loop: estimate, propose, annotate, fine-tune, and what it brought."""
