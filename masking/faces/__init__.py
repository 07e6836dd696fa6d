"""Who is in a picture: detectors, and the weights that come with this package."""
