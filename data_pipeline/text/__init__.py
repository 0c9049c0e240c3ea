"""Programs as text: a tokenizer, packed rows of tokens, and where they come from."""
