"""The pages of incidents. Each view finds its object by incidents.access, makes one domain call."""
