"""Moving in: takes over what a workflow server answers to the API's GETs, as events that give the same state."""
