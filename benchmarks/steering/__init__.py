"""A notebook that drives the dashboard: what the two say to each other, over loopback.

A dashboard keeps a mailbox for each page that a notebook has opened (`switchboard`), listens on a
port of this computer for whoever knows its secret (`endpoint`), and says where in a file that only
this user may read (`announcement`). A notebook finds it there and talks to it (`client`).
"""
