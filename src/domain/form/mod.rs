//! Forms with custom fields (REC-3): what is asked, what was given, and what of it is kept.
//!
//! A form is a definition with versions. What comes in is `Given`, raw; `check` makes typed values of it or names the field and
//! the rule that stands in the way. No type on disk contains itself: a detail table has rows of cells, and no tables in them.

pub mod cell;
pub mod check;
pub mod date;
pub mod definition;
pub mod given;
pub mod kind;
pub mod pattern;
pub mod shown;
pub mod sought;
pub mod value;

pub use definition::{DetailTable, Field, Form, SingleField};
pub use given::Given;
pub use kind::{Choice, Kind, Target};
pub use pattern::Pattern;
pub use value::{Cell, Fields, Row, Value};
