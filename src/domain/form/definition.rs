//! A form as defined: its fields in order. Versioned; a running Work Order pins the versions it was given.

use super::kind::Kind;
use super::value::Cell;
use crate::domain::ids::Name;
use crate::domain::label::Label;
use serde::{Deserialize, Serialize};

/// Most fields of one form.
pub const FIELDS_MAX: usize = 1_000;
/// Most columns of one detail table.
pub const COLUMNS_MAX: usize = 50;
/// Most rows of one detail table.
pub const ROWS_MAX: u16 = 1_000;

/// What is asked, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    pub name: Name,
    pub title: Label,
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Field {
    Single(SingleField),
    Table(DetailTable),
}

/// A field that is no table; also the column of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SingleField {
    pub name: Name,
    pub title: Label,
    pub help: Option<Label>,
    pub required: bool,
    /// Put in where nothing is given.
    pub default: Option<Cell>,
    pub kind: Kind,
}

/// Rows of fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetailTable {
    pub name: Name,
    pub title: Label,
    pub help: Option<Label>,
    pub required: bool,
    pub columns: Vec<SingleField>,
    /// Rows, where there are any.
    pub min: u16,
    pub max: u16,
}

impl Form {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name().as_str() == name)
    }
}

impl Field {
    /// Its name, unique within a form; the same name in another form is the same field.
    pub fn name(&self) -> &Name {
        match self {
            Self::Single(field) => &field.name,
            Self::Table(table) => &table.name,
        }
    }

    /// Its title.
    pub fn title(&self) -> &Label {
        match self {
            Self::Single(field) => &field.title,
            Self::Table(table) => &table.title,
        }
    }

    /// Its help text.
    pub fn help(&self) -> Option<&Label> {
        match self {
            Self::Single(field) => field.help.as_ref(),
            Self::Table(table) => table.help.as_ref(),
        }
    }

    /// Whether it must be filled in.
    pub fn required(&self) -> bool {
        match self {
            Self::Single(field) => field.required,
            Self::Table(table) => table.required,
        }
    }

    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Single(field) => field.kind.name(),
            Self::Table(_) => "table",
        }
    }

    /// What makes two fields of one name the same one.
    pub fn sort(&self) -> String {
        match self {
            Self::Single(field) => field.kind.sort(),
            Self::Table(table) => {
                let columns: Vec<_> = table.columns.iter().map(|c| format!("{} ({})", c.name, c.kind.sort())).collect();
                format!("table of {}", columns.join(", "))
            }
        }
    }
}
