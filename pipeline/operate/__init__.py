"""What commands do: they look at the latest state, ask the fold's own rules, and append events."""
