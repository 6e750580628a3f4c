"""The pages of programs. Each view finds its object by programs.access, makes one domain call."""
