//! Which addresses a rule's network means. An address that only carries another one is judged by the
//! one it carries, or not let through at all.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Cidr, Network};

/// What of IPv4 is not the internet, by the registry of special-purpose addresses (RFC 6890) and its
/// updates; the last is where one cloud keeps its machines' secrets.
const SPECIAL_V4: &[(Ipv4Addr, u8)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

const PRIVATE_V4: &[(Ipv4Addr, u8)] = &[
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
];

/// All of IPv6 that is handed out to hosts. Loopback, unspecified, local, multicast, mapped, translated
/// and discarded addresses lie outside.
const UNICAST: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What of that is not the internet: protocols (Teredo among them), documentation, 6to4.
const SPECIAL_V6: &[(Ipv6Addr, u8)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

const PRIVATE_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7);

/// Where clouds keep their machines' secrets, in the middle of private networks.
const METADATA_V6: &[(Ipv6Addr, u8)] = &[
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0), 32),
];

impl Network {
    /// Whether an address that a rule's host means may be dialed on a port.
    pub fn allows(&self, address: IpAddr, port: u16) -> bool {
        let address = address.to_canonical();
        match self {
            Network::Public => is_public(address),
            Network::Private => is_private(address),
            Network::Within(networks) => networks.iter().any(|network| network.contains(address)),
            Network::Loopback(only) => address.is_loopback() && port == *only,
            Network::Both(one, two) => one.allows(address, port) && two.allows(address, port),
        }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !any_v4(SPECIAL_V4, v4),
        IpAddr::V6(v6) => in_v6(&UNICAST, v6) && !any_v6(SPECIAL_V6, v6),
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => any_v4(PRIVATE_V4, v4),
        IpAddr::V6(v6) => in_v6(&PRIVATE_V6, v6) && !any_v6(METADATA_V6, v6),
    }
}

fn any_v4(networks: &[(Ipv4Addr, u8)], address: Ipv4Addr) -> bool {
    networks.iter().any(|(first, bits)| leads_v4(*first, *bits, address))
}

fn any_v6(networks: &[(Ipv6Addr, u8)], address: Ipv6Addr) -> bool {
    networks.iter().any(|network| in_v6(network, address))
}

fn in_v6((first, bits): &(Ipv6Addr, u8), address: Ipv6Addr) -> bool {
    leads_v6(*first, *bits, address)
}

fn leads_v4(first: Ipv4Addr, bits: u8, address: Ipv4Addr) -> bool {
    let differs = first.to_bits() ^ address.to_bits();
    differs.leading_zeros() >= u32::from(bits)
}

fn leads_v6(first: Ipv6Addr, bits: u8, address: Ipv6Addr) -> bool {
    let differs = first.to_bits() ^ address.to_bits();
    differs.leading_zeros() >= u32::from(bits)
}

impl Cidr {
    /// Whether an address lies in the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => leads_v4(first, self.bits, address),
            (IpAddr::V6(first), IpAddr::V6(address)) => leads_v6(first, self.bits, address),
            _ => false,
        }
    }

    /// Whether it begins where it says: no bit beyond those that count is set.
    pub(super) fn is_first(&self) -> bool {
        let (bits, width) = match self.first {
            IpAddr::V4(v4) => (v4.to_bits().into(), 32),
            IpAddr::V6(v6) => (v6.to_bits(), 128),
        };
        bits == 0 || bits.trailing_zeros() + u32::from(self.bits) >= width
    }
}
