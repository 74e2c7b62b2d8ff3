"""How declared tables are read: from files, databases and object stores."""
