"""socle: usage indicators of the services socles, from the files a hospital group already exports."""
