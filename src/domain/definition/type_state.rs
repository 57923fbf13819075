//! Where a record type stands: drafted, published, retired, deleted (REC-4). Beside its versions: a change of it makes none.

use super::catalogue::Catalogue;
use super::in_use;
use crate::domain::ids::Name;
use crate::domain::rejection::Rejection;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a record type stands. Work under it runs on to its end whatever becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TypeState {
    /// Being written: nothing is created under it yet.
    Draft,
    /// The only state in which Work Orders are created.
    Published,
    /// Nothing new is created under it.
    Retired,
    /// Gone from all lists of live types (reading 14); its name may be used again.
    Deleted,
}

impl TypeState {
    /// Those that files can set, by their names there.
    pub const IN_FILES: [(&'static str, Self); 3] = [("draft", Self::Draft), ("published", Self::Published), ("retired", Self::Retired)];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Retired => "retired",
            Self::Deleted => "deleted",
        }
    }

    /// Whether the type counts: all but deleted ones do (reading 14).
    pub fn is_live(self) -> bool {
        match self {
            Self::Draft | Self::Published | Self::Retired => true,
            Self::Deleted => false,
        }
    }
}

impl fmt::Display for TypeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a type is to stand after a command, judged by where it stands. Only a retired one can be deleted, and only if nothing
/// needs it: else what is exported could not be applied again.
pub fn decide(catalogue: &Catalogue, name: &Name, wanted: TypeState) -> Result<(), Rejection> {
    let now = catalogue.type_state(name).filter(|state| state.is_live());
    let now = now.ok_or_else(|| Rejection::NotFound { what: "record type", id: name.to_string() })?;
    if now == wanted {
        return Err(Rejection::NothingToChange);
    }
    if wanted == TypeState::Deleted {
        if now != TypeState::Retired {
            return Err(Rejection::RecordTypeNotRetired { record_type: name.to_string(), state: now.name() });
        }
        if let Some(why) = in_use::why(&catalogue.definitions(), name) {
            return Err(Rejection::RecordTypeInUse { record_type: name.to_string(), why });
        }
    }
    Ok(())
}
