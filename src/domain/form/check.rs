//! What was given against a form: the changes it makes, or a refusal that names field, row and rule. Nothing given, nothing changed.

use super::cell::{self, Flaw, Known};
use super::definition::{DetailTable, Field, Form, SingleField};
use super::given::{Given, GivenFields};
use super::value::{Cell, Changes, FIELDS_BYTES_MAX, Fields, Row, Value};
use crate::domain::nearest;
use crate::domain::rejection::Rejection;

fn refuse(path: String, flaw: Flaw) -> Rejection {
    Rejection::InvalidFormField { field: path, rule: flaw.rule, problem: flaw.problem }
}

impl Form {
    /// Checks what was given; fields that were not given are left as they are.
    ///
    /// # Errors
    /// The first field that is not known, is given twice, or breaks one of its rules.
    pub fn check(&self, given: &GivenFields, known: Known<'_>) -> Result<Changes, Rejection> {
        let mut changes: Changes = Vec::new();
        for (name, given) in given {
            let Some(field) = self.field(name) else {
                return Err(unknown(name, "the form", self.name.as_str(), self.fields.iter().map(|f| f.name().as_str())));
            };
            let path = format!("fields.{name}");
            if changes.iter().any(|(earlier, _)| earlier == field.name()) {
                return Err(refuse(path, Flaw { rule: "kind", problem: "is given twice".to_owned() }));
            }
            let value = if given.is_nothing() { None } else { Some(field.check(given, &path, known)?) };
            changes.push((field.name().clone(), value));
        }
        Ok(changes)
    }

    /// Defaults of the fields that have no value.
    pub fn defaults(&self, have: &Fields) -> Changes {
        let default = |field: &Field| match field {
            Field::Single(field) if !have.contains_key(&field.name) => Some((field.name.clone(), Some(Value::One(field.default.clone()?)))),
            Field::Single(_) | Field::Table(_) => None,
        };
        self.fields.iter().filter_map(default).collect()
    }

    /// Required fields that have no value, in order.
    pub fn missing<'a>(&'a self, have: &'a Fields) -> impl Iterator<Item = &'a Field> {
        self.fields.iter().filter(|field| field.required() && !have.contains_key(field.name()))
    }

    /// The refusal that a field has no value.
    pub fn requires(&self, field: &Field) -> Rejection {
        let problem = format!("is required by the form {} ({})", self.name, field.title());
        refuse(format!("fields.{}", field.name()), Flaw { rule: "required", problem })
    }
}

/// Whether the values of one Work Order take no more than they may.
///
/// # Errors
/// They do.
pub fn bounded(fields: &Fields) -> Result<(), Rejection> {
    let bytes: usize = fields.iter().map(|(name, value)| name.as_str().len() + value.weight()).sum();
    if bytes > FIELDS_BYTES_MAX {
        let problem = format!("all fields of the Work Order together take {bytes} bytes, at most {FIELDS_BYTES_MAX} are kept");
        return Err(refuse("fields".to_owned(), Flaw { rule: "max", problem }));
    }
    Ok(())
}

fn unknown<'a>(name: &str, what: &str, of: &str, known: impl Iterator<Item = &'a str>) -> Rejection {
    let shown: String = name.chars().take(80).collect();
    let hint = nearest::hint(name, known).map_or_else(String::new, |hint| format!(" ({hint})"));
    refuse(format!("fields.{shown}"), Flaw { rule: "unknown", problem: format!("{what} {of} has no such field{hint}") })
}

impl Field {
    fn check(&self, given: &Given, path: &str, known: Known<'_>) -> Result<Value, Rejection> {
        match self {
            Self::Single(field) => cell::check(&field.kind, given, known).map(Value::One).map_err(|f| refuse(path.to_owned(), f)),
            Self::Table(table) => table.check(given, path, known).map(Value::Table),
        }
    }
}

impl DetailTable {
    fn check(&self, given: &Given, path: &str, known: Known<'_>) -> Result<Vec<Row>, Rejection> {
        let flaw = |problem: String| refuse(path.to_owned(), Flaw { rule: "kind", problem });
        let Given::List(given) = given else {
            return Err(flaw(format!("expected a list of rows, found {}", given.words())));
        };
        cell::counted("rows", given.len(), self.min, self.max).map_err(|f| refuse(path.to_owned(), f))?;
        let mut rows = Vec::new();
        for (index, row) in given.iter().enumerate() {
            let path = format!("{path}[{}]", index + 1);
            let Given::Map(cells) = row else {
                return Err(refuse(path, Flaw { rule: "kind", problem: format!("expected a row of fields, found {}", row.words()) }));
            };
            rows.push(self.check_row(cells, &path, known)?);
        }
        Ok(rows)
    }

    fn check_row(&self, cells: &[(Box<str>, Given)], path: &str, known: Known<'_>) -> Result<Row, Rejection> {
        let mut row = Row::new();
        for (index, (name, _)) in cells.iter().enumerate() {
            if !self.columns.iter().any(|column| column.name.as_str() == &**name) {
                let shown: String = name.chars().take(80).collect();
                let hint = nearest::hint(name, self.columns.iter().map(|c| c.name.as_str())).unwrap_or_default();
                let problem = format!("the table {} has no such column ({hint})", self.name);
                return Err(refuse(format!("{path}.{shown}"), Flaw { rule: "unknown", problem }));
            }
            if cells[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(refuse(format!("{path}.{name}"), Flaw { rule: "kind", problem: "is given twice".to_owned() }));
            }
        }
        for column in &self.columns {
            let given = cells.iter().find(|(name, _)| column.name.as_str() == &**name).map(|(_, given)| given);
            if let Some(cell) = column.cell(given.filter(|g| !g.is_nothing()), path, known)? {
                row.insert(column.name.clone(), cell);
            }
        }
        if row.is_empty() {
            return Err(refuse(path.to_owned(), Flaw { rule: "kind", problem: "the row is empty".to_owned() }));
        }
        Ok(row)
    }
}

impl SingleField {
    /// The cell of a row: what is given, else the default.
    fn cell(&self, given: Option<&Given>, path: &str, known: Known<'_>) -> Result<Option<Cell>, Rejection> {
        let path = || format!("{path}.{}", self.name);
        match given {
            Some(given) => cell::check(&self.kind, given, known).map(Some).map_err(|f| refuse(path(), f)),
            None if self.default.is_some() => Ok(self.default.clone()),
            None if self.required => {
                Err(refuse(path(), Flaw { rule: "required", problem: format!("is required in every row ({})", self.title) }))
            }
            None => Ok(None),
        }
    }
}
