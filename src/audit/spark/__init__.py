"""The same steps on a cluster: Spark runs the code of one machine on its workers."""
