"""The paper's figures and its table, one module each with settings, text and drawing (registry.py finds them); the gallery."""
