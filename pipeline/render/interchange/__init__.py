"""What other programs read: the API's bodies, GeoJSON, STAC, metrics, feeds, work lists, badges."""
