"""What kill -9, writers beside each other and a database that stops leave behind: the rows of an undisturbed run."""
