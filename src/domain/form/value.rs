//! Checked values of fields, as they are kept. What a person typed freely is `PersonalText`, so that it can be erased.

use super::date::{Date, show_time};
use super::given::Given;
use crate::domain::currency::Currency;
use crate::domain::decimal::Decimal;
use crate::domain::ids::{AccountId, ContactId, Name, ProductId, StaffUserId, TerminalId};
use crate::domain::text::PersonalText;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most bytes that the values of all fields of one Work Order may take, texts and names of fields together.
pub const FIELDS_BYTES_MAX: usize = 256 * 1024;

/// The values of a Work Order by field name; a field without a value is not there.
pub type Fields = BTreeMap<Name, Value>;

/// One row of a detail table.
pub type Row = BTreeMap<Name, Cell>;

/// What changes: new values, and none for those taken away.
pub type Changes = Vec<(Name, Option<Value>)>;

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    One(Cell),
    Table(Vec<Row>),
}

/// A value that is no table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cell {
    /// Text, long text, phone, e-mail, address.
    Text(PersonalText),
    Number(Decimal),
    Money {
        amount: Decimal,
        currency: Currency,
    },
    Date(Date),
    Time(Timestamp),
    Choice(Name),
    Choices(Vec<Name>),
    Flag(bool),
    /// Latitude and longitude in degrees, as `48.137154,11.576124`.
    Location(PersonalText),
    Reference(Reference),
    Files(Vec<StoredFile>),
    Stars {
        value: u8,
        scale: u8,
    },
}

/// An entry of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reference {
    Account(AccountId),
    Contact(ContactId),
    StaffUser(StaffUserId),
    Terminal(TerminalId),
    Product(ProductId),
}

/// An attachment whose content is stored under its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// BLAKE3 of the content, in hexadecimal digits.
    pub hash: Box<str>,
    /// Bytes.
    pub size: u64,
    pub media_type: Box<str>,
    /// The name that whoever brought it gave it.
    pub name: PersonalText,
}

impl Reference {
    /// The id.
    pub fn id(&self) -> &str {
        match self {
            Self::Account(id) => id.as_str(),
            Self::Contact(id) => id.as_str(),
            Self::StaffUser(id) => id.as_str(),
            Self::Terminal(id) => id.as_str(),
            Self::Product(id) => id.as_str(),
        }
    }
}

impl Value {
    /// The raw value that gives this one when it is checked again.
    pub fn to_given(&self) -> Given {
        match self {
            Self::One(cell) => cell.to_given(),
            Self::Table(rows) => Given::List(rows.iter().map(row_to_given).collect()),
        }
    }

    /// The attachments in it.
    pub fn files(&self) -> impl Iterator<Item = &StoredFile> {
        let cells: Vec<&Cell> = match self {
            Self::One(cell) => vec![cell],
            Self::Table(rows) => rows.iter().flat_map(|row| row.values()).collect(),
        };
        cells.into_iter().filter_map(|cell| if let Cell::Files(files) = cell { Some(files) } else { None }).flatten()
    }

    /// Bytes it takes, about.
    pub fn weight(&self) -> usize {
        match self {
            Self::One(cell) => cell.weight(),
            Self::Table(rows) => rows.iter().flatten().map(|(name, cell)| name.as_str().len() + cell.weight()).sum::<usize>() + rows.len(),
        }
    }
}

fn row_to_given(row: &Row) -> Given {
    Given::Map(row.iter().map(|(name, cell)| (name.as_str().into(), cell.to_given())).collect())
}

/// The two numbers of a location.
pub fn coordinates(location: &PersonalText) -> Option<(&str, &str)> {
    location.0.as_deref()?.split_once(',')
}

impl Cell {
    /// The raw value that gives this one when it is checked again.
    pub fn to_given(&self) -> Given {
        match self {
            Self::Text(text) => text.0.as_deref().map_or(Given::Nothing, Given::text),
            Self::Number(number) => Given::Text(number.to_string().into()),
            Self::Money { amount, currency } => Given::Map(vec![
                ("amount".into(), Given::Text(amount.to_string().into())),
                ("currency".into(), Given::text(currency.code())),
            ]),
            Self::Date(date) => Given::Text(date.to_string().into()),
            Self::Time(time) => Given::Text(show_time(*time).into()),
            Self::Choice(name) => Given::text(name.as_str()),
            Self::Choices(names) => Given::List(names.iter().map(|name| Given::text(name.as_str())).collect()),
            Self::Flag(flag) => Given::Flag(*flag),
            Self::Location(location) => coordinates(location).map_or(Given::Nothing, |(latitude, longitude)| {
                Given::Map(vec![("latitude".into(), Given::text(latitude)), ("longitude".into(), Given::text(longitude))])
            }),
            Self::Reference(reference) => Given::text(reference.id()),
            Self::Files(files) => Given::List(files.iter().map(|file| Given::File(file.clone())).collect()),
            Self::Stars { value, .. } => Given::Number(value.to_string().into()),
        }
    }

    fn weight(&self) -> usize {
        let text = |text: &PersonalText| text.0.as_deref().map_or(0, str::len);
        2 + match self {
            Self::Text(t) | Self::Location(t) => text(t),
            Self::Number(_) | Self::Money { .. } | Self::Time(_) => 12,
            Self::Date(_) | Self::Flag(_) | Self::Stars { .. } => 5,
            Self::Choice(name) => name.as_str().len(),
            Self::Choices(names) => names.iter().map(|name| name.as_str().len() + 1).sum(),
            Self::Reference(reference) => reference.id().len(),
            Self::Files(files) => files.iter().map(|f| f.hash.len() + f.media_type.len() + text(&f.name) + 12).sum(),
        }
    }
}
