//! The rules of field service: pure, without clock and I/O; fails only by `Rejection`.

pub mod aggregate;
pub mod context;
pub mod currency;
pub mod decimal;
pub mod definition;
pub mod directory;
pub mod erasure;
pub mod form;
pub mod ids;
pub mod installation;
pub mod label;
pub mod may;
pub mod nearest;
pub mod number;
pub mod principal;
pub mod process;
pub mod rejection;
pub mod service_group;
pub mod text;
pub mod time;
pub mod transition;
pub mod work_order;
