"""What a responder can do."""
