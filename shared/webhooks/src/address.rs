//! Which addresses we send to: only public ones, so that nobody can use us to reach our own network or the
//! metadata of the machine that we run on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::Invalid;
use reqwest::Url;

/// The longest URL.
const LONGEST: usize = 2_000;

/// Which addresses are allowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Allowed {
    /// `https` to public addresses.
    Public,
    /// Also `http` to this machine. For the local stack and tests.
    PublicAndLoopback,
}

/// An endpoint's URL whose text is as it must be. Its name is not resolved yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EndpointUrl(Url);

impl EndpointUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str, allowed: Allowed) -> Result<Self, Invalid> {
        if text.len() > LONGEST {
            return Err(Invalid("an endpoint's URL has at most 2,000 characters"));
        }
        let url = Url::parse(text).map_err(|_| Invalid("this is not a URL"))?;
        let address = url.host_str().and_then(address_in);
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Invalid("an endpoint's URL contains no user name and no password"));
        }
        if url.fragment().is_some() {
            return Err(Invalid("an endpoint's URL has no part after #"));
        }
        if allowed == Allowed::PublicAndLoopback && address.is_some_and(|it| it.is_loopback()) {
            return Ok(Self(url));
        }
        if url.scheme() != "https" || url.port().is_some() {
            return Err(Invalid("an endpoint's URL begins with https:// and names no port"));
        }
        match address {
            Some(address) if !is_public(address) => Err(NOT_PUBLIC),
            _ => Ok(Self(url)),
        }
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }
}

/// The message for an address that we do not send to.
pub const NOT_PUBLIC: Invalid = Invalid(
    "this name has no public address: events are not sent to private or reserved addresses",
);

fn address_in(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether we send to this address.
#[must_use]
pub fn may_receive(address: IpAddr, allowed: Allowed) -> bool {
    is_public(address) || (allowed == Allowed::PublicAndLoopback && address.is_loopback())
}

/// Whether an address is reachable from everywhere. The lists are IANA's registries of special-purpose addresses.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special: [(Ipv4Addr, u32); 16] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 31, 196, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
    ];
    let within =
        |net: &(Ipv4Addr, u32)| (address.to_bits() ^ net.0.to_bits()).leading_zeros() >= net.1;
    !special.iter().any(within)
}

/// Of IPv6 only the global unicast addresses are public. An address that stands for an IPv4 address
/// is not: it would be a way around the list above.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let within =
        |net: Ipv6Addr, length: u32| (address.to_bits() ^ net.to_bits()).leading_zeros() >= length;
    let special: [(Ipv6Addr, u32); 4] = [
        (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
        (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
        (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
        (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    ];
    within(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
        && !special.iter().any(|(net, length)| within(*net, *length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn private_reserved_and_metadata_addresses_are_not_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.250",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public(address), "{address} is public");
        }
    }

    #[test]
    fn addresses_next_to_the_reserved_ones_are_public() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2400:cb00::1",
            "2606:4700:4700::1111",
        ] {
            assert!(public(address), "{address} is not public");
        }
    }

    #[test]
    fn a_url_is_https_without_user_port_and_private_address() {
        for url in [
            "https://hooks.example.org/a?b=c",
            "https://1.1.1.1/",
            "https://hooks.example.org:443/",
        ] {
            assert!(EndpointUrl::parse(url, Allowed::Public).is_ok(), "{url}");
        }
        for url in [
            "",
            "hooks.example.org",
            "http://hooks.example.org/",
            "ftp://hooks.example.org/",
            "https://user@hooks.example.org/",
            "https://:secret@hooks.example.org/",
            "https://hooks.example.org:8443/",
            "https://hooks.example.org/#part",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data/",
            "http://127.0.0.1:8080/",
        ] {
            assert!(EndpointUrl::parse(url, Allowed::Public).is_err(), "{url}");
        }
    }

    #[test]
    fn the_local_stack_may_send_to_its_own_machine_and_to_no_other_private_address() {
        let local = |url| EndpointUrl::parse(url, Allowed::PublicAndLoopback).is_ok();
        assert!(local("http://127.0.0.1:8080/hook"));
        assert!(local("http://[::1]:8080/hook"));
        assert!(!local("http://10.0.0.1:8080/hook"));
        assert!(!local("http://hooks.example.org/"));
        assert!(may_receive("127.0.0.1".parse().unwrap(), Allowed::PublicAndLoopback));
        assert!(!may_receive("127.0.0.1".parse().unwrap(), Allowed::Public));
        assert!(!may_receive("10.0.0.1".parse().unwrap(), Allowed::PublicAndLoopback));
    }

    proptest! {
        /// The standard library's own predicates, as far as they are stable, agree.
        #[test]
        fn no_address_that_the_standard_library_calls_private_is_public(bits in any::<u32>()) {
            let address = Ipv4Addr::from_bits(bits);
            let special = address.is_private() || address.is_loopback() || address.is_link_local()
                || address.is_multicast() || address.is_broadcast() || address.is_documentation()
                || address.is_unspecified();
            prop_assert!(!(special && is_public_v4(address)));
            prop_assert!(!is_public_v6(address.to_ipv6_mapped()));
        }
    }
}
