//! Staff users, departments, user groups, service providers, accounts, contacts, products and terminals: one aggregate each, and the
//! read model that decisions look them up in (PER-1).
//!
//! Commands own these (reading 29): files never take back what a command changed. People who leave are disabled, not removed.

pub mod carried;
pub mod company;
pub mod decide;
pub mod entry;
pub mod erase;
pub mod read_model;
pub mod sign_in;

pub use carried::Carried;
pub use decide::decide;
pub use entry::{
    Absence, Account, Contact, Department, DirectoryCommand, DirectoryEvent, Product, ServiceProvider, StaffUser, Terminal, UserGroup,
    WeChat,
};
pub use erase::Known;
pub use read_model::{Directory, Reach};
pub use sign_in::{SignInCommand, SignInEvent};
