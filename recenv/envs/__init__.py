from recenv.caches import CacheGroup

CACHES = CacheGroup("envs")
"""What functions of this package keep."""
