"""Where batches run: in this process or in a pool of jailed local processes."""
