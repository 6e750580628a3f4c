"""Start Andon on one machine, its servers included, and stop it whole. Imports no Django."""
