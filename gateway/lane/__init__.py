"""The lane: a second process of the gateway that answers large queries, so that they don't hold up the small ones.

Python runs one thing at a time in a process: a page of ten thousand objects that a plugin puts together in one go, or a
long document that is read, is time in which no other request is answered. In the lane it costs only its like.

ask.py      the gateway's side: starts the process, and hands it queries
serve.py    the process's side: answers them by the same pipeline
frames.py   what goes between, over a socket that only this user can open
"""
