//! A blocking client of the control socket, for the command line, the portal and the tests.

pub mod connection;
