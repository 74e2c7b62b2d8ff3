"""Where population-size work runs: this machine, or a Spark cluster that runs the same code on its workers."""
