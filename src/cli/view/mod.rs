//! What people see: pure functions from shapes to text. No sockets, no clock, no terminal; those are arguments.

pub mod calendar;
pub mod customer;
pub mod definitions;
pub mod directory;
pub mod equipment;
pub mod erasure;
pub mod evaluation;
pub mod explain;
pub mod field_work;
pub mod fields;
pub mod guest;
pub mod history;
pub mod list;
pub mod page;
pub mod paint;
pub mod people;
pub mod qr;
pub mod queues;
pub mod show;
pub mod show_parts;
pub mod status;
pub mod table;
pub mod times;
pub mod to_dos;
pub mod why;
pub mod width;
