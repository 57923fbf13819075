//! What all shapes share: when a field is left out of the wire.

use serde::Serialize;

/// The description of the errors that all interfaces share.
pub const ERRORS: &str = include_str!("org.workorderd.varlink");

/// Whether a field is an option that is not there; everything else is always written.
pub fn absent<T: Absent>(value: &T) -> bool {
    value.is_absent()
}

/// Types of shape fields.
pub trait Absent: Serialize {
    /// Whether the field is left out.
    fn is_absent(&self) -> bool {
        false
    }
}

impl<T: Serialize> Absent for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl Absent for String {}
impl Absent for i64 {}
impl Absent for bool {}
impl<T: Serialize> Absent for Vec<T> {}
