//! What happens when, as plain state machines without I/O and without a clock.
//!
//! actix actors and the simulated world of the tests are two shells over these; neither shell contains a rule.

pub mod backoff;
pub mod board;
pub mod calendar;
pub mod cell;
pub mod clock_guard;
pub mod columns;
pub mod commit;
pub mod defect;
pub mod delivery;
pub mod entity;
pub mod erasing;
pub mod labor_guard;
pub mod labor_totals;
pub mod listing;
pub mod look_up;
pub mod messages;
pub mod numbers;
pub mod pending;
pub mod phone;
pub mod queues;
pub mod reference;
pub mod residency;
pub mod room;
pub mod row;
pub mod schedule;
pub mod scope;
pub mod sorting;
pub mod suspects;
pub mod to_do;
pub mod views;
