"""The commands of ``recenv``, a room a file: ``data``, ``scorers``, ``runs``, ``validation``.

They may import everything, when they run."""
