"""Which addresses are on the public internet, where alone a webhook may go.

IPv4 has a list of what is refused, IPv6 of what is accepted, since most of it is nobody's. The
lists are ours because those of the standard library change with its version.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_RESERVED_V4 = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "127.0.0.0/8"),  # this host
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),  # private
            "100.64.0.0/10",  # shared by carriers; a cloud's metadata lives there
            "169.254.0.0/16",  # link-local; the metadata of most clouds
            *("192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24"),  # protocols
            "192.88.99.0/24",  # relays of 6to4
            *("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),  # documentation
            "198.18.0.0/15",  # benchmarks
            *("224.0.0.0/4", "240.0.0.0/4"),  # multicast, reserved, broadcast
            "168.63.129.16/32",  # public by number, but the metadata of one cloud
        ),
    )
)

_GLOBAL_V6 = IPv6Network("2000::/3")
_RESERVED_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols, among them Teredo, which carries IPv4 addresses
            *("2001:db8::/32", "3fff::/20"),  # documentation
            "2002::/16",  # 6to4, which carries IPv4 addresses
            "2620:4f:8000::/48",  # reverse names of private addresses
        ),
    )
)
#: What ISATAP puts before an IPv4 address in the low half of any prefix.
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


def is_public(address: str) -> bool:
    """Whether an address is one that anybody on the internet could be reached at.

    False for text that is no address, and for one with a scope, as in `fe80::1%eth0`.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _RESERVED_V4)
    return _is_public_v6(found)


def _is_public_v6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _GLOBAL_V6:
        return False
    if any(address in network for network in _RESERVED_V6):
        return False
    return (int(address) >> 32) & 0xFFFF_FFFF not in _ISATAP
