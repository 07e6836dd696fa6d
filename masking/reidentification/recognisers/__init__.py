"""Face recognition networks behind one interface, and the registry of them."""
