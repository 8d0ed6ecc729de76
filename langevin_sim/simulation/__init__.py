"""One ensemble in memory: simulated, compared with its exact laws, summarised."""
