"""A read-only server of a built site: the monitoring API's own GET paths, and the site's files and pages."""
