//! The rules of field service: pure, without clock and I/O; fails only by `Rejection`.

pub mod aggregate;
pub mod context;
pub mod definition;
pub mod directory;
pub mod ids;
pub mod installation;
pub mod may;
pub mod number;
pub mod principal;
pub mod process;
pub mod rejection;
pub mod service_group;
pub mod text;
pub mod time;
pub mod transition;
pub mod work_order;
