//! What differs between the settings that run and those that were just loaded, and what of it a reload may not change.
//!
//! Only values are compared, not where they come from. Secrets stand in files of their own and are none of the settings' values.

use super::effective;
use super::keys::{Change, KEYS, Key};
use super::layer::SettingProblem;
use super::load::Loaded;

/// One key with another value than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub key: &'static Key,
    /// Where the new value comes from.
    pub source: String,
    /// As in a settings file; none: not set. `control.peers` is told as a number of entries.
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Loaded {
    /// The keys whose values are others in `new`, in order.
    pub fn differences(&self, new: &Self) -> Vec<Difference> {
        let differs = |key: &&'static Key| self.values.get(key.name).map(|v| &v.kind) != new.values.get(key.name).map(|v| &v.kind);
        let difference = |key: &'static Key| Difference {
            key,
            source: new.origin(key.name).or(self.origin(key.name)).unwrap_or("settings").to_owned(),
            before: self.values.get(key.name).map(|v| effective::show(&v.kind)),
            after: new.values.get(key.name).map(|v| effective::show(&v.kind)),
        };
        KEYS.iter().filter(differs).map(difference).collect()
    }
}

impl Difference {
    /// The problem that it is for a reload, if it is one.
    pub fn refused(&self) -> Option<SettingProblem> {
        let told = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
        match self.key.change {
            Change::Reload => None,
            Change::Restart => Some(SettingProblem {
                source: self.source.clone(),
                key: self.key.name.to_owned(),
                problem: format!("changing it from {} to {} takes a restart", told(&self.before), told(&self.after)),
                hint: Some("restart the daemon, or change it back and reload".to_owned()),
            }),
        }
    }
}
