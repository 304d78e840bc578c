"""One file a trainer: what each needs to run on recenv's environments, over public interfaces alone."""
