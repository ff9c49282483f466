"""Requests in the one spelling that the host gives them, or why they are none: `addresses.json`, a table beside the
host's own reader, says what becomes of which.
"""

import ipaddress
import re
import socket
import unicodedata
from urllib.parse import unquote

# Longer addresses are none, in bytes.
LONGEST = 16 << 10

PARTS = re.compile(r"(https?)://([^/?#]*)([^?#]*)(?:\?([^#]*))?", re.IGNORECASE)
TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
LABELS = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")

# What never needs a percent sign in a path, and what else may stand in one.
PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~*"
SAFE = PLAIN + b"!$&'()+,;=:@"


class NoRequest(ValueError):
    """No request can be made of it."""


def asked(method: str, url: str) -> tuple[str, str]:
    """A method and an address in their one spelling."""
    return _method(method), address(url)


def address(url: str) -> str:
    """An address in its one spelling."""
    if len(url.encode("utf-8", "replace")) > LONGEST:
        raise NoRequest(f"the address is longer than {LONGEST >> 10} KiB; shorten it")
    if any(char.isspace() or unicodedata.category(char) == "Cc" or char == "\\" for char in url):
        raise NoRequest("the address has white space, a control character or a backslash; percent-encode it")
    parts = PARTS.match(url)
    if parts is None:
        raise NoRequest("the address does not begin with `https://` or `http://`; write it in full")
    scheme, authority, path, query = parts[1].lower(), parts[2], parts[3], parts[4]
    if not authority:
        raise NoRequest("the address has no host; write it in full")
    if "@" in authority:
        raise NoRequest("the address has a user or password; leave them out, and grant a `secret` instead")
    spelled = f"{scheme}://{_authority(authority, 80 if scheme == 'http' else 443)}{_path(path)}"
    return f"{spelled}?{_query(query)}" if query else spelled


def _method(text: str) -> str:
    method = text.upper()
    if method in ("CONNECT", "TRACE"):
        raise NoRequest(f"the method {method} is not for steps; use another one")
    if not TOKEN.fullmatch(text):
        raise NoRequest("the method is not one word of letters; use one such as `GET`")
    return method


def _authority(text: str, own: int) -> str:
    parts = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::([0-9]*))?", text)
    port = int(parts[2] or own) if parts else 1 << 16
    if parts is None or port >= 1 << 16:
        raise NoRequest("the address cannot be read: invalid port number")
    host = _sixth(parts[1][1:-1]) if parts[1].startswith("[") else _host(parts[1])
    if port == 0:
        raise NoRequest("the port of the address is 0; name a real one")
    return host if port == own else f"{host}:{port}"


def _host(text: str) -> str:
    name = unicodedata.normalize("NFKC", unquote(text)).lower().replace("\u3002", ".")
    ascii = ".".join(one if one.isascii() else f"xn--{one.encode('punycode').decode()}" for one in name.split("."))
    if NUMBER.fullmatch(ascii):
        try:
            return socket.inet_ntoa(socket.inet_aton(ascii))
        except OSError:
            raise NoRequest("the address cannot be read: invalid IPv4 address") from None
    if not LABELS.fullmatch(ascii):
        raise NoRequest("the host of the address is not a name of labels; write it without a dot at its end")
    return ascii


def _sixth(text: str) -> str:
    try:
        there = ipaddress.IPv6Address("" if "%" in text else text)
    except ValueError:
        raise NoRequest("the address cannot be read: invalid IPv6 address") from None
    inner = int(there.ipv4_mapped) if there.ipv4_mapped else None
    return f"[{there}]" if inner is None else f"[::ffff:{inner >> 16:x}:{inner & 0xFFFF:x}]"


def _path(text: str) -> str:
    kept: list[str] = []
    segments = text.split("/")[1:] or [""]
    for at, segment in enumerate(segments):
        step = segment.lower().replace("%2e", ".")
        if step == "..":
            kept = kept[:-1]
        if step not in (".", ".."):
            kept.append(segment)
        elif at == len(segments) - 1:
            kept.append("")
    return "".join(f"/{_segment(one)}" for at, one in enumerate(kept) if one or at == len(kept) - 1)


def _segment(text: str) -> str:
    if re.search(r"%(?![0-9a-fA-F]{2})", text):
        raise NoRequest("the path has a `%` that no two hex digits follow; write `%25`")
    if re.search(r"%([01][0-9a-f]|2f|5c|7f)", text, re.IGNORECASE):
        raise NoRequest("the path has an encoded slash, backslash or control character; leave it out")
    pieces = re.findall(rb"%..|[^%]", text.encode("utf-8", "replace"), re.DOTALL)
    normal = "".join(_piece(piece) for piece in pieces)
    if normal.partition(";")[0] in (".", ".."):
        raise NoRequest("the path has `.` or `..` with parameters; leave it out")
    return normal


def _piece(piece: bytes) -> str:
    """A byte of a path, written or encoded."""
    byte, known = (bytes([int(piece[1:], 16)]), PLAIN) if len(piece) > 1 else (piece, SAFE)
    return byte.decode() if byte in known else f"%{byte[0]:02X}"


def _query(text: str) -> str:
    encoded = (f"%{byte:02X}" if byte > 0x7E or byte in b" \"#<>'" else chr(byte) for byte in text.encode())
    return "".join(encoded)
