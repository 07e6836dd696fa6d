"""The identity/video tree: walking it, reading its images, naming and publishing outputs."""

from masking.dataset.images import read_image
from masking.dataset.publishing import OutputPublisher
from masking.dataset.tree import PreparedImage, RefusedEntry, walk

__all__ = ["OutputPublisher", "PreparedImage", "RefusedEntry", "read_image", "walk"]
