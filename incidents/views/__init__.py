"""The pages of incidents. Each view gets its object through incidents.access and makes one domain call."""
