"""PMSI files of the demonstration, in the fixed-width formats of the ATIH."""
