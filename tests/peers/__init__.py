"""Programs that certpost did not write: the other side of every door.

They share no code with the product. See README.md in this folder.
"""
