"""The compiled inner loop: streams, steppers, accumulators."""
