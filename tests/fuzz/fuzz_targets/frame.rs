//! See `tests/it/fuzz_bodies.rs`.
#![no_main]
#![allow(dead_code)]
#[path = "../../it/fuzz_bodies.rs"]
mod fuzz_bodies;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_bodies::frame(bytes));
