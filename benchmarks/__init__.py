"""What the contracts cost and how fast the gateway is; nothing here is installed."""
