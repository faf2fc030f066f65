"""The student model: the attempts and what follows from them; the only writer of files."""
