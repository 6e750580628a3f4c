"""The pages of programs. Each view gets its object through programs.access and makes one domain call."""
