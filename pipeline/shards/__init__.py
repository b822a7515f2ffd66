"""A build in shards: a store for each group of AOIs. Only a build that is told to have shards imports this."""
