//! All fields of all forms by name: one name is one field, of one kind, wherever it stands.

use crate::domain::form::{Choice, Field, Kind};
use crate::domain::ids::Name;
use crate::settings::problem::{Place, Sink};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the fields so far.
#[derive(Debug, Default)]
pub struct Fields {
    known: BTreeMap<Name, Known>,
    unread: BTreeSet<Box<str>>,
}

#[derive(Debug)]
struct Known {
    field: Field,
    form: String,
    place: Place,
}

impl Fields {
    /// Notes a field; reported where it is another one than elsewhere.
    pub fn define(&mut self, field: &Field, form: Option<&Name>, place: &Place, sink: &Sink) {
        match self.known.get_mut(field.name()) {
            None => {
                let form = form.map_or_else(String::new, ToString::to_string);
                self.known.insert(field.name().clone(), Known { field: field.clone(), form, place: place.clone() });
            }
            Some(known) if known.field.sort() != field.sort() => {
                let problem =
                    format!("the field {} is {} here and {} in the form {}", field.name(), field.sort(), known.field.sort(), known.form);
                let hint = format!("one name is one field: rename one of them; the other is at {}:{}", known.place.file, known.place.line);
                sink.report_with(place, problem, hint);
            }
            Some(known) => add_choices(&mut known.field, field),
        }
    }

    /// Notes the name of a field that could not be read.
    pub fn unread(&mut self, name: &str) {
        self.unread.insert(name.into());
    }

    /// Whether a field of that name could not be read.
    pub fn has_unread(&self, name: &str) -> bool {
        self.unread.contains(name)
    }

    /// The field of that name, with all choices that it has in any form.
    pub fn get(&self, name: &Name) -> Option<Field> {
        self.known.get(name).map(|known| known.field.clone())
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.known.keys()
    }
}

fn add_choices(known: &mut Field, other: &Field) {
    let (Field::Single(known), Field::Single(other)) = (known, other) else { return };
    if let (Kind::Choice { choices } | Kind::Choices { choices, .. }, more) = (&mut known.kind, other.kind.choices()) {
        let new = |choice: &&Choice| !choices.iter().any(|c| c.name == choice.name);
        let new: Vec<_> = more.iter().filter(new).cloned().collect();
        choices.extend(new);
    }
}
