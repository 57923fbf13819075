//! Why the demo could not go on. Refusals that belong to the story are no errors; these end it, with exit code 1.

use crate::client::connection::ClientError;
use std::io;

/// What went wrong on the stage.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A call that should have been accepted was not, or the connection broke.
    #[error("{who}, {method}: {source}")]
    Call {
        /// In whose name.
        who: String,
        /// Full name of the method.
        method: String,
        /// What came back.
        source: ClientError,
    },
    /// The operating system said no.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// Something did not come in time, or is not what it should be.
    #[error("{0}")]
    Unexpected(String),
}

/// A result on the stage.
pub type Result<T> = std::result::Result<T, DemoError>;

impl DemoError {
    /// For `map_err`: names what was tried.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
