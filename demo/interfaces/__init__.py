"""HL7 v2 messages of the demonstration: the same activity as the tables, as interfaces carry it."""
