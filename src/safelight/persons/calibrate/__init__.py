"""What a score means in this gallery: how often two different people score as high, and what chance alone gives."""
