"""Stage 3: can the people be recognised behind their masks? One room; the command and Python both enter by `study`."""
