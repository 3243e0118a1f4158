"""What is shown of a warehouse: read once (`lecture`), typed (`modele`), written the same way everywhere (`mots`)."""
