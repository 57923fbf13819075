//! How much one address may ask for: so many requests a minute, and few links that do not exist, whoever guesses them.
//!
//! Keeps: memory is bounded, whatever comes. Time is an argument.

use std::collections::HashMap;
use std::net::IpAddr;

/// Most addresses that are counted at a time; with more, all begin anew.
const ADDRESSES_MAX: usize = 20_000;
/// How long is counted, in milliseconds.
const WINDOW_MS: u64 = 60_000;
/// Links that do not exist, by one address within a window.
const UNKNOWN_MAX: u32 = 10;
/// Links that do not exist, by all together within a window; then whoever tried one in it waits.
const UNKNOWN_IN_ALL: u32 = 300;

/// What was asked in the window that runs.
#[derive(Debug)]
pub struct Limits {
    per_window: u32,
    window: u64,
    by: HashMap<IpAddr, Asked>,
    unknown: u32,
}

#[derive(Debug, Default)]
struct Asked {
    requests: u32,
    unknown: u32,
}

impl Limits {
    /// With so many requests per address and minute.
    pub fn new(per_minute: u32) -> Self {
        Self { per_window: per_minute, window: 0, by: HashMap::new(), unknown: 0 }
    }

    /// Counts a request; none if it is one too many. `now` in milliseconds, since whenever.
    pub fn ask(&mut self, address: IpAddr, now: u64) -> Option<()> {
        self.turn(now);
        let (per_window, all_unknown) = (self.per_window, self.unknown);
        let asked = self.of(address);
        asked.requests = asked.requests.saturating_add(1);
        let guesses = asked.unknown >= UNKNOWN_MAX || (asked.unknown > 0 && all_unknown >= UNKNOWN_IN_ALL);
        (asked.requests <= per_window && !guesses).then_some(())
    }

    /// The link of a request did not exist.
    pub fn unknown(&mut self, address: IpAddr, now: u64) {
        self.turn(now);
        self.unknown = self.unknown.saturating_add(1);
        let asked = self.of(address);
        asked.unknown = asked.unknown.saturating_add(1);
    }

    fn turn(&mut self, now: u64) {
        let window = now / WINDOW_MS;
        if window != self.window {
            self.window = window;
            self.by.clear();
            self.unknown = 0;
        }
    }

    fn of(&mut self, address: IpAddr) -> &mut Asked {
        let whole = whole(address);
        if self.by.len() >= ADDRESSES_MAX && !self.by.contains_key(&whole) {
            self.by.clear();
        }
        self.by.entry(whole).or_default()
    }
}

/// Whom an address belongs to: of IPv6, everybody has a network of 2^64 of them.
fn whole(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(four) => IpAddr::V4(four),
        IpAddr::V6(six) => IpAddr::V6((u128::from(six) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, n])
    }

    #[test]
    fn one_too_many_within_a_minute_is_turned_away_and_others_are_not() {
        let mut limits = Limits::new(3);
        let asked: Vec<_> = (0..5).map(|_| limits.ask(address(1), 59_000).is_some()).collect();
        assert_eq!(asked, [true, true, true, false, false]);
        assert!(limits.ask(address(2), 59_000).is_some());
        assert!(limits.ask(address(1), 60_000).is_some());
    }

    #[test]
    fn whoever_guesses_links_waits_alone_and_together() {
        let mut limits = Limits::new(1_000);
        for _ in 0..UNKNOWN_MAX {
            assert!(limits.ask(address(1), 0).is_some());
            limits.unknown(address(1), 0);
        }
        assert!(limits.ask(address(1), 0).is_none());
        for n in 2..=UNKNOWN_IN_ALL {
            limits.unknown(IpAddr::from([11, 0, (n / 250) as u8, (n % 250) as u8]), 0);
        }
        // Who tried one waits now, who tried none does not.
        assert!(limits.ask(IpAddr::from([11, 0, 0, 5]), 0).is_none());
        assert!(limits.ask(address(9), 0).is_some());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_and_memory_is_bounded() {
        let mut limits = Limits::new(1);
        assert!(limits.ask("2001:db8::1".parse().unwrap_or(address(0)), 0).is_some());
        assert!(limits.ask("2001:db8::2".parse().unwrap_or(address(0)), 0).is_none());
        for n in 0..50_000_u128 {
            limits.ask(IpAddr::V6((n << 64).into()), 0);
        }
        assert!(limits.by.len() <= ADDRESSES_MAX);
    }
}
