"""What a platform would take instead of zhifu, from what its authors publish."""
