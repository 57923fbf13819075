//! The kind of a field of a form, with the keys that belong to it.

use crate::domain::currency::Currency;
use crate::domain::decimal::{DECIMALS_MAX, Decimal};
use crate::domain::directory::Directory;
use crate::domain::form::cell::{self, Known};
use crate::domain::form::date::{Date, parse_time};
use crate::domain::form::kind::{CHOICES_MAX, FILES_MAX, LONG_TEXT_MAX, NAMES, TEXT_MAX};
use crate::domain::form::{Cell, Choice, Given, Kind, Pattern, Target};
use crate::domain::ids::Name;
use crate::domain::nearest;
use crate::settings::toml_reader::{Entry, Table};

/// Keys that only some kinds have.
pub const KIND_KEYS: [(&str, &[&str]); 9] = [
    ("min", &["text", "long-text", "address", "number", "money", "date", "date-time", "choices", "attachment", "table"]),
    ("max", &["text", "long-text", "address", "number", "money", "date", "date-time", "choices", "attachment", "table"]),
    ("pattern", &["text", "long-text", "phone", "e-mail"]),
    ("decimals", &["number"]),
    ("currency", &["money"]),
    ("choices", &["choice", "choices"]),
    ("to", &["reference"]),
    ("media_types", &["attachment"]),
    ("column", &["table"]),
];

/// Reads the keys `kind` and those that belong to it; none if they have problems, which are reported.
pub fn read(table: &Table<'_>) -> Option<Kind> {
    let Some(found) = table.required("kind", &format!("one of {}", NAMES.join(", "))) else {
        KIND_KEYS.iter().for_each(|(key, _)| table.known(key));
        return None;
    };
    if !NAMES.contains(&found.value) {
        table.sink().put(&found.place, format!("there is no kind of field {:?}", found.value), nearest::hint(found.value, NAMES));
        KIND_KEYS.iter().for_each(|(key, _)| table.known(key));
        return None;
    }
    for (key, kinds) in KIND_KEYS.iter().filter(|(_, kinds)| !kinds.contains(&found.value)) {
        let hint = format!("it belongs to fields of the kind {}", kinds.join(", "));
        table.misplaced(key, format!("a field of the kind {} has no such key", found.value), &hint);
    }
    match found.value {
        "text" => text(table, TEXT_MAX, 200).and_then(|(min, max)| Some(Kind::Text { min, max, pattern: pattern(table)? })),
        "long-text" => text(table, LONG_TEXT_MAX, 4_000).and_then(|(min, max)| Some(Kind::LongText { min, max, pattern: pattern(table)? })),
        "address" => text(table, TEXT_MAX, 400).map(|(min, max)| Kind::Address { min, max }),
        "number" => {
            let decimals = if table.has("decimals") { Some(count(table, "decimals", DECIMALS_MAX.into(), 0)? as u8) } else { None };
            let (min, max) = limits(table, Decimal::parse, |a, b| a.compare(*b).is_gt())?;
            Some(Kind::Number { min, max, decimals })
        }
        "money" => money(table),
        "date" => limits(table, Date::parse, |a, b| a > b).map(|(min, max)| Kind::Date { min, max }),
        "date-time" => limits(table, parse_time, |a, b| a > b).map(|(min, max)| Kind::Time { min, max }),
        "choice" => choices(table).map(|choices| Kind::Choice { choices }),
        "choices" => several(table),
        "yes-no" => Some(Kind::YesNo),
        "phone" => pattern(table).map(|pattern| Kind::Phone { pattern }),
        "e-mail" => pattern(table).map(|pattern| Kind::Email { pattern }),
        "location" => Some(Kind::Location),
        "reference" => reference(table).map(Kind::Reference),
        "attachment" => attachment(table),
        "signature" => Some(Kind::Signature),
        "stars-5" => Some(Kind::Stars { scale: 5 }),
        "stars-10" => Some(Kind::Stars { scale: 10 }),
        _ => None,
    }
}

/// The default, if there is one; none if it breaks a rule of its own field.
pub fn default(table: &Table<'_>, kind: &Kind) -> Option<Option<Cell>> {
    if let Kind::Reference(_) | Kind::Attachment { .. } | Kind::Signature = kind {
        let problem = format!("a field of the kind {} cannot have a default", kind.name());
        table.misplaced("default", problem, "leave it out");
        return if table.has("default") { None } else { Some(None) };
    }
    if !table.has("default") {
        table.known("default");
        return Some(None);
    }
    let found = table.given("default")?;
    match cell::check(kind, &found.value, Known::all(&Directory::default())) {
        Ok(cell) => Some(Some(cell)),
        Err(flaw) => {
            table.sink().report(&found.place, format!("the default breaks the rule {} of its own field: {}", flaw.rule, flaw.problem));
            None
        }
    }
}

/// A whole number from 0 to `most`; `default` where the key is missing.
pub fn count(table: &Table<'_>, key: &'static str, most: u32, default: u32) -> Option<u32> {
    if !table.has(key) {
        table.known(key);
        return Some(default);
    }
    let found = table.number(key)?;
    match u32::try_from(found.value) {
        Ok(value) if value <= most => Some(value),
        _ => {
            table.sink().report(&found.place, format!("{} is not between 0 and {most}", found.value));
            None
        }
    }
}

/// Reports limits that leave no room.
pub fn in_order(table: &Table<'_>, min: Option<u32>, max: Option<u32>) -> Option<()> {
    if max == Some(0) || min > max && max.is_some() {
        let (min, max) = (min.unwrap_or(0), max.unwrap_or(0));
        table.sink().report(&table.place_of("max"), format!("nothing could be given: at least {min} and at most {max}"));
        return None;
    }
    Some(())
}

fn text(table: &Table<'_>, most: u32, usual: u32) -> Option<(u32, u32)> {
    let min = count(table, "min", most, 0);
    let max = count(table, "max", most, usual.max(min.unwrap_or(0)));
    in_order(table, min, max)?;
    Some((min?, max?))
}

fn pattern(table: &Table<'_>) -> Option<Option<Pattern>> {
    if !table.has("pattern") {
        table.known("pattern");
        return Some(None);
    }
    let found = table.text("pattern")?;
    match Pattern::new(found.value) {
        Ok(pattern) => Some(Some(pattern)),
        Err(problem) => {
            table.sink().report_with(&found.place, problem, "for example pattern = '[A-Z]{2}-[0-9]{6}', in single quotes");
            None
        }
    }
}

fn limits<T>(table: &Table<'_>, parse: fn(&str) -> Result<T, String>, above: fn(&T, &T) -> bool) -> Option<(Option<T>, Option<T>)> {
    let limit = |key: &'static str| -> Option<Option<T>> {
        if !table.has(key) {
            table.known(key);
            return Some(None);
        }
        let found = table.given(key)?;
        let parsed = match &found.value {
            Given::Number(text) | Given::Text(text) => parse(text),
            other => Err(format!("expected a limit, found {}", other.words())),
        };
        parsed.map(Some).map_err(|problem| table.sink().report(&found.place, problem)).ok()
    };
    let (min, max) = (limit("min"), limit("max"));
    let (min, max) = (min?, max?);
    if let (Some(min), Some(max)) = (&min, &max)
        && above(min, max)
    {
        table.sink().report(&table.place_of("max"), "nothing could be given: min is above max");
        return None;
    }
    Some((min, max))
}

fn money(table: &Table<'_>) -> Option<Kind> {
    let limits = limits(table, Decimal::parse, |a, b| a.compare(*b).is_gt());
    let found = table.required("currency", "an ISO 4217 code, for example currency = \"CNY\"")?;
    let Some(currency) = Currency::new(found.value) else {
        table.sink().report_with(
            &found.place,
            format!("there is no currency {:?}", found.value),
            "write an ISO 4217 code such as CNY or EUR",
        );
        return None;
    };
    let (min, max) = limits?;
    for (key, limit) in [("min", min), ("max", max)] {
        if let Some(limit) = limit.filter(|limit| limit.with_decimals(currency.decimals()).is_none()) {
            table.sink().report(&table.place_of(key), format!("{limit} has more digits behind the point than {currency}"));
            return None;
        }
    }
    let exact = |limit: Option<Decimal>| limit.and_then(|limit| limit.with_decimals(currency.decimals()));
    Some(Kind::Money { currency, min: exact(min), max: exact(max) })
}

fn choices(table: &Table<'_>) -> Option<Vec<Choice>> {
    const EXAMPLE: &str = "for example choices = [\"leak\", { name = \"noise\", title = { en = \"Noise\", zh = \"异响\" } }]";
    if !table.has("choices") {
        table.known("choices");
        table.missing("choices", EXAMPLE);
        return None;
    }
    let entries = table.entries("choices", CHOICES_MAX)?;
    if entries.is_empty() {
        table.sink().report_with(&table.place_of("choices"), "the list of choices is empty", EXAMPLE);
        return None;
    }
    let mut choices: Vec<Choice> = Vec::new();
    let mut good = true;
    for entry in entries {
        let (place, choice) = match entry {
            Entry::Text(text) => {
                let choice = match Name::new(text.value) {
                    Ok(name) => Some(Choice { title: name.as_str().into(), name }),
                    Err(problem) => {
                        let hint = "write { name = \"short-name\", title = \"...\" } where the title is no name";
                        table.sink().report_with(&text.place, format!("the name of a choice {problem}"), hint);
                        None
                    }
                };
                (text.place, choice)
            }
            Entry::Table(entry) => {
                let name = super::book::name_of(&entry);
                let title = entry.label("title", name.as_ref().map_or("", |n| n.as_str()));
                entry.finish();
                (entry.place_of("name"), name.zip(title).map(|(name, title)| Choice { name, title }))
            }
        };
        match choice {
            Some(choice) if choices.iter().any(|c| c.name == choice.name) => {
                table.sink().report(&place, format!("the choice {} stands there twice", choice.name));
                good = false;
            }
            Some(choice) => choices.push(choice),
            None => good = false,
        }
    }
    good.then_some(choices)
}

fn several(table: &Table<'_>) -> Option<Kind> {
    let choices = choices(table);
    let most = choices.as_ref().map_or(CHOICES_MAX, Vec::len) as u32;
    let min = count(table, "min", most, 0);
    let max = count(table, "max", most, most);
    in_order(table, min, max)?;
    let narrow = |n: Option<u32>| n.and_then(|n| u16::try_from(n).ok());
    Some(Kind::Choices { choices: choices?, min: narrow(min)?, max: narrow(max)? })
}

fn reference(table: &Table<'_>) -> Option<Target> {
    let names = Target::ALL.map(|(name, _)| name);
    let found = table.required("to", &format!("one of {}", names.join(", ")))?;
    let target = Target::ALL.into_iter().find(|(name, _)| *name == found.value);
    if target.is_none() {
        table.sink().put(&found.place, format!("a reference cannot lead to {:?}", found.value), nearest::hint(found.value, names));
    }
    target.map(|(_, target)| target)
}

fn attachment(table: &Table<'_>) -> Option<Kind> {
    let min = count(table, "min", FILES_MAX.into(), 0);
    let max = count(table, "max", FILES_MAX.into(), 10.max(min.unwrap_or(0)));
    in_order(table, min, max)?;
    let mut media_types: Vec<Box<str>> = Vec::new();
    let mut good = true;
    for text in table.texts("media_types").map(|found| found.value).unwrap_or_default() {
        let part = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.+".contains(&b));
        match text.value.split_once('/') {
            Some((group, kind)) if part(group) && (kind == "*" || part(kind)) => media_types.push(text.value.into()),
            _ => {
                table.sink().report_with(&text.place, format!("{:?} is not a media type", text.value), "write image/jpeg or image/*");
                good = false;
            }
        }
    }
    let narrow = |n: Option<u32>| n.and_then(|n| u16::try_from(n).ok());
    good.then_some(Kind::Attachment { min: narrow(min)?, max: narrow(max)?, media_types })
}
