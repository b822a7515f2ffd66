"""A Dask cluster as the executor of a build's stages. Only a build that is told to use one imports this."""
