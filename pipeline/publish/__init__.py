"""Publish: brings the site's files in line with what was rendered, touching only what differs."""
