"""Which process answers for a run that the store calls RUNNING, and whether it is still there."""

import os
import socket

import psutil


def mine() -> str:
    """This process, told apart from every other one: host, number, and when it began."""
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time():.2f}"


def is_gone(owner: str) -> bool:
    """Whether a process of this host has ended. Of other hosts nothing is known: theirs count as there."""
    host, _, rest = owner.partition(" ")
    number, _, began = rest.partition(" ")
    if host != socket.gethostname() or not number.isdigit():
        return False
    try:
        process = psutil.Process(int(number))
        return f"{process.create_time():.2f}" != began or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
