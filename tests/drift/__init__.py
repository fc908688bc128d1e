"""Money that comes in, is carried about and goes back in parts: in no currency does it drift."""
