"""Made pictures of which it is known where everybody's eyes, nose and mouth are."""
