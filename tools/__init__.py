"""What builds the project from its sources; nothing here is installed with the package."""
