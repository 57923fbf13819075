//! Mail to customers and staff (NTF-1): addresses checked at the door, one message rendered to always the same bytes,
//! and one attempt to hand it to the mail server with an outcome that says what is known.
//! When to try again, what a mail says and whom it goes to are decided elsewhere (engine, definition, runtime).

mod address;
mod delivery;
mod message;
mod socket;
mod transport;

pub use address::{Address, AddressProblem, MAX_ADDRESS_BYTES, MAX_NAME_CHARACTERS, clean};
pub use message::{MAX_BODY_BYTES, MAX_SUBJECT_CHARACTERS, Message, MessageProblem};
pub use transport::{Outcome, Security, Settings, SettingsProblem, Smtp};
