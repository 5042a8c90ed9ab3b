"""What people conclude: decisions and their labels."""
