"""VERIS, the vocabulary in which incidents are shared: read records, write records. Pure."""
