"""What a talk can bring about: plain data, without imports."""
