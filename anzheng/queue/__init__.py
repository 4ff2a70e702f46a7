"""Jobs: the outbox rows are the truth, whatever carries them only wakes a worker."""
