//! The control socket: who calls, how much they may ask for at once, and the loop that carries calls to a service and replies back.
//! Runs on one thread (a `LocalSet` or an actix arbiter). The loop knows nothing of the domain; `desk` does, with one room per interface.

mod calendar;
mod calls;

pub mod connection;
mod frames;
mod judge;
pub mod limits;
pub mod listener;
mod output;
pub mod peer;
pub mod service;
pub mod socket;
mod stop;

pub mod attachments;
pub mod back_up;
pub mod definitions;
pub mod desk;
pub mod difference;
pub mod directory;
mod done;
mod entries;
mod equipment;
mod erasure;
pub mod explain;
pub mod field_work;
pub mod fields;
mod follow_ups;
mod guest;
pub mod list;
mod look_up;
pub mod peers;
mod people;
mod phone_calls;
mod photos;
pub mod portal;
mod portal_orders;
mod portal_terminals;
mod portal_words;
pub mod present;
mod preview;
mod queues;
mod receipts;
pub mod refuse;
mod rules;
pub mod system;
pub mod tell;
mod throttle;
pub mod to_dos;
pub mod watch;
pub mod why;
mod work_orders;
