//! Plug-ins: parts of the business that are off until an admin switches them on (FUP-1).

use crate::domain::ids::Name;
use serde::{Deserialize, Serialize};

/// Every plug-in: its key in the table `[plug_ins]` of definition files, and its name.
pub const PLUG_INS: [(&str, &str); 1] = [("follow_up", FOLLOW_UP)];
/// Follow-ups (FUP-1).
pub const FOLLOW_UP: &str = "follow-up";

/// Whether one is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlugIn {
    pub name: Name,
    pub on: bool,
}
