"""What the gateway tells others: signed webhooks to platforms, notices to learners."""
