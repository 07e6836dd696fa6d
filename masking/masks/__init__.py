"""Stage 2: from a photo and the people in it to a mask that is proven."""
