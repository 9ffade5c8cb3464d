"""A folder or list of one's own photographs: listed, decoded, doubted."""
