//! The control socket: who calls, how much they may ask for at once, and the loop that carries calls to a service and replies back.
//! Runs on one thread (a `LocalSet` or an actix arbiter). Nothing of the domain: what a call does is the `Service`'s business.

mod calls;
pub mod connection;
mod frames;
pub mod limits;
pub mod listener;
mod output;
pub mod peer;
pub mod service;
mod stop;
