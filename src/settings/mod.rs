//! What people write in files: the definitions of the business, and the settings of the daemon.
//!
//! All input is checked here, all at once, and every problem names its place, what is wrong and what would be right (DMN-7).
//! Beyond this floor there are only typed values. What definitions mean is the domain's; who uses a setting is the daemon's.

pub mod daemon;
pub mod definitions;
mod problem;
mod span;
mod toml_reader;

pub use problem::{KnownKey, Problem};
pub use span::{SPAN_MAX, parse_span, show_span};
