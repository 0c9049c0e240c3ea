"""What `main.py` can do, a file each."""
