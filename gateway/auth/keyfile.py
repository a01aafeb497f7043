"""The local issuer's private key on disk: made once, whole or not at all, for its owner's eyes only."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_MAX_BYTES = 16 * 1024
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class KeyFileError(Exception):
    """The key file can't be used; the text says why and what to do."""


def read_or_make(path: Path) -> Ed25519PrivateKey:
    """The key in the file, which is made (and its folder, 0700) when absent.

    Of two processes that make it at once, one wins and both read the winner's. Raises KeyFileError.
    """
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise KeyFileError(
            f"{path} can't be used: {reason}. Let this user read and write it, or set auth.local.key_file"
        ) from None


def _read(path: Path) -> Ed25519PrivateKey:
    _check_folder(path.parent)
    with path.open("rb") as file:
        _check_access(path, os.fstat(file.fileno()))
        pem = file.read(_MAX_BYTES)
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFileError(f"{path} is no private key in PEM form: delete it to make a new one") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is not an Ed25519 key: delete it to make a new one")
    return key


def _check_access(path: Path, found: os.stat_result) -> None:
    """Checked on the open file, so that it can't be exchanged in between."""
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileError(f"{path} is not a file: set auth.local.key_file to one")
    if os.name != "posix":
        return
    if found.st_uid not in (0, os.geteuid()):
        raise KeyFileError(f"{path} belongs to another user, who could change it: delete it to make a new key")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise KeyFileError(f"{path} is open to others: run `chmod 600` on it, or delete it to make a new key")


def _check_folder(folder: Path) -> None:
    mode = folder.stat().st_mode
    if os.name == "posix" and mode & _OTHERS_MAY_WRITE and not mode & stat.S_ISVTX:
        raise KeyFileError(f"others may write in {folder} and so exchange the key: run `chmod go-w` on it")


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _check_folder(path.parent)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)
    except FileExistsError:
        return  # another process was first: its key stands
    finally:
        fresh.unlink(missing_ok=True)
