"""Text from a trained reasoner: token by token, many answers at once."""
