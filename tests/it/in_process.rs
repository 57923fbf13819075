//! The engine in the process of the test, without socket and mail server: its options, but for what a test is about.

use std::path::PathBuf;

use workorderd::domain::time::Timestamp;
use workorderd::mail;
use workorderd::runtime::Options;
use workorderd::runtime::gateways::Gateways;
use workorderd::runtime::mailer::Post;
use workorderd::runtime::render::Letterhead;

use crate::real_stage::BEGIN;

/// On one thread of actors, this one; the clock is set by hand.
pub fn options(data: PathBuf) -> Options {
    let from = mail::clean("", "workorderd@example.org").unwrap();
    Options {
        data,
        segment_bytes: 1 << 20,
        reserve_bytes: 0,
        journal_keep_bytes: 0,
        keep_unnamed: std::time::Duration::from_secs(86_400),
        store_cache_bytes: 16 << 20,
        time_zone: jiff::tz::TimeZone::UTC,
        manual_clock: Some(Timestamp(BEGIN)),
        arbiters: vec![actix_rt::Arbiter::current()],
        keep_idle: 100,
        post: Post {
            smtp: None,
            letterhead: Letterhead { from, base_url: "https://example.org/e/".into() },
            gateways: Gateways::default(),
            at_once: 1,
        },
        clock_must_be_synchronised: false,
        secret: None,
        progress: Box::new(|_| ()),
    }
}
