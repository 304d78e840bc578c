"""A run as rows that trainers read (docs/export.md): what agents saw is rebuilt, what they did and were paid is as recorded."""
