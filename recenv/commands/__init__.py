"""The commands of ``recenv``, a room a file: ``data``, ``scorers``, ``runs``. They may import everything, when they run."""
