//! SOPs: the checklist of an on-site visit, ordered steps as admins write them (ONS-1). Versioned; a visit pins the version it began with.

use crate::domain::ids::Name;
use crate::domain::label::Label;
use serde::{Deserialize, Serialize};

/// Most steps of one SOP.
pub const STEPS_MAX: usize = 50;

/// A checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sop {
    pub name: Name,
    pub title: Label,
    pub steps: Vec<SopStep>,
}

/// One step of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SopStep {
    /// Unique within the SOP.
    pub name: Name,
    pub title: Label,
    /// Cannot be left out.
    pub required: bool,
    /// Waits for the required and the ordered steps above it.
    pub ordered: bool,
    /// Where it was done must be given.
    pub location: bool,
    /// Labor time may be booked on it.
    pub labor: bool,
    /// What is filled in when it is completed.
    pub form: Option<Name>,
}

impl Sop {
    /// The step of that name, and the steps above it.
    pub fn find(&self, name: &str) -> Option<(&SopStep, &[SopStep])> {
        let index = self.steps.iter().position(|s| s.name.as_str() == name)?;
        Some((&self.steps[index], &self.steps[..index]))
    }
}
