//! What travels on the control socket: the shapes of Varlink, its interface descriptions, and the check of calls against them.
//! No sockets here, and nothing of the domain.

pub mod catalogue;
pub mod check;
pub mod idl;
mod idl_text;
pub mod varlink;

pub mod back_up;
pub mod definitions;
pub mod directory;
pub mod guest;
pub mod shape;
pub mod system;
pub mod work_orders;

pub use shape::{ERRORS, absent};
