"""Face recognition networks behind one interface, and the register of them."""

from masking.reidentification.recognisers.base import Recogniser
from masking.reidentification.recognisers.registry import RECOGNISERS, chosen_names, open_recognisers

__all__ = ["RECOGNISERS", "Recogniser", "chosen_names", "open_recognisers"]
