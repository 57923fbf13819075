//! One raw value against the kind of its field: a checked one, or the rule that it breaks and the limit of that rule.

use super::date::{Date, parse_time, show_time};
use super::given::Given;
use super::kind::{Choice, Kind, Target};
use super::pattern::Pattern;
use super::value::{Cell, Reference, StoredFile};
use crate::domain::context::Context;
use crate::domain::currency::Currency;
use crate::domain::decimal::Decimal;
use crate::domain::directory::Directory;
use crate::domain::ids::{AccountId, ContactId, Name, ProductId, StaffUserId, TerminalId};
use crate::domain::may::portal::Names;
use crate::domain::nearest;
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, PersonalText};
use std::cmp::Ordering;
use std::fmt::Display;

/// Which rule a raw value breaks, and how. The rules have the names that they have in definition files; `kind` is that of being
/// what the field holds at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    pub rule: &'static str,
    pub problem: String,
}

/// What references may lead to: entries of the directory, as far as who fills the form in may name them.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub directory: &'a Directory,
    pub names: Names<'a>,
}

impl<'a> Known<'a> {
    /// By who acts.
    pub fn of(cx: &Context<'a>) -> Self {
        Self { directory: cx.directory, names: Names::of(cx) }
    }

    /// Everything.
    pub fn all(directory: &'a Directory) -> Self {
        Self { directory, names: Names::All }
    }
}

fn flaw<T>(rule: &'static str, problem: impl Into<String>) -> Result<T, Flaw> {
    Err(Flaw { rule, problem: problem.into() })
}

fn wrong(expected: &str, given: &Given) -> Flaw {
    Flaw { rule: "kind", problem: format!("expected {expected}, found {}", given.words()) }
}

/// The problem that the domain's checks of texts tell, without the name of their field.
fn problem(rejection: Rejection) -> String {
    match rejection {
        Rejection::InvalidField { problem, .. } => problem,
        other => other.to_string(),
    }
}

/// Checks a raw value that is not nothing.
///
/// # Errors
/// The first rule that it breaks.
pub fn check(kind: &Kind, given: &Given, known: Known<'_>) -> Result<Cell, Flaw> {
    match kind {
        Kind::Text { min, max, pattern } => free(given, (*min, *max), pattern.as_ref(), text::line).map(Cell::Text),
        Kind::LongText { min, max, pattern } => free(given, (*min, *max), pattern.as_ref(), text::long).map(Cell::Text),
        Kind::Address { min, max } => free(given, (*min, *max), None, text::long).map(Cell::Text),
        Kind::Number { min, max, decimals } => {
            let number = decimal(given)?;
            if let Some(most) = decimals
                && number.with_decimals(*most).is_none()
            {
                let what = if *most == 0 { "a whole number is expected".to_owned() } else { format!("at most {most} decimals are kept") };
                return flaw("decimals", format!("{number} has decimals; {what}"));
            }
            within(number, *min, *max, Decimal::compare).map(Cell::Number)
        }
        Kind::Money { currency, min, max } => money(given, *currency, *min, *max),
        Kind::Date { min, max } => {
            let date = Date::parse(plain(given, "a date such as 2026-11-22")?).map_err(|problem| Flaw { rule: "kind", problem })?;
            within(date, *min, *max, |a, b| a.cmp(&b)).map(Cell::Date)
        }
        Kind::Time { min, max } => {
            let expected = "a point in time such as 2026-11-22T14:00+08:00";
            let time = parse_time(plain(given, expected)?).map_err(|problem| Flaw { rule: "kind", problem })?;
            if let Some(min) = min.filter(|min| time < *min) {
                return flaw("min", format!("{} is before {}", show_time(time), show_time(min)));
            }
            if let Some(max) = max.filter(|max| time > *max) {
                return flaw("max", format!("{} is after {}", show_time(time), show_time(max)));
            }
            Ok(Cell::Time(time))
        }
        Kind::Choice { choices } => choice(plain(given, "the name of a choice")?, choices).map(Cell::Choice),
        Kind::Choices { choices, min, max } => several(given, choices, *min, *max),
        Kind::YesNo => match given {
            Given::Flag(flag) => Ok(Cell::Flag(*flag)),
            Given::Text(text) if text.trim() == "yes" || text.trim() == "true" => Ok(Cell::Flag(true)),
            Given::Text(text) if text.trim() == "no" || text.trim() == "false" => Ok(Cell::Flag(false)),
            other => Err(wrong("yes or no", other)),
        },
        Kind::Phone { pattern } => phone(given, pattern.as_ref()),
        Kind::Email { pattern } => {
            let email = text::email("", plain(given, "an e-mail address")?).map_err(|r| Flaw { rule: "kind", problem: problem(r) })?;
            matching(&email, pattern.as_ref())?;
            Ok(Cell::Text(PersonalText(Some(email))))
        }
        Kind::Location => location(given),
        Kind::Reference(target) => reference(given, *target, known),
        Kind::Attachment { min, max, media_types } => {
            let given = match given {
                Given::List(list) => list.as_slice(),
                one => std::slice::from_ref(one),
            };
            files(given, *min, *max, media_types)
        }
        Kind::Signature => {
            let given = match given {
                Given::List(list) => list.as_slice(),
                one => std::slice::from_ref(one),
            };
            files(given, 1, 1, &["image/*".into()])
        }
        Kind::Stars { scale } => {
            let stars = decimal(given)?.with_decimals(0).and_then(|number| number.to_string().parse::<u8>().ok());
            match stars {
                Some(value) if (1..=*scale).contains(&value) => Ok(Cell::Stars { value, scale: *scale }),
                Some(_) | None => flaw("kind", format!("is not a whole number of stars from 1 to {scale}")),
            }
        }
    }
}

fn plain<'a>(given: &'a Given, expected: &str) -> Result<&'a str, Flaw> {
    match given {
        Given::Text(text) => Ok(text.trim()),
        other => Err(wrong(expected, other)),
    }
}

fn free(
    given: &Given,
    (min, max): (u32, u32),
    pattern: Option<&Pattern>,
    clean: fn(&'static str, &str, usize) -> Result<Box<str>, Rejection>,
) -> Result<PersonalText, Flaw> {
    let given = match given {
        Given::Text(text) | Given::Number(text) => text,
        other => return Err(wrong("a text", other)),
    };
    let count = text::characters(given.trim());
    if count > max as usize {
        return flaw("max", format!("has {count} characters, at most {max} are allowed"));
    }
    if count < min as usize {
        return flaw("min", format!("has {count} characters, at least {min} are needed"));
    }
    let text = clean("", given, max as usize).map_err(|r| Flaw { rule: "kind", problem: problem(r) })?;
    matching(&text, pattern)?;
    Ok(PersonalText(Some(text)))
}

fn matching(text: &str, pattern: Option<&Pattern>) -> Result<(), Flaw> {
    match pattern {
        Some(pattern) if !pattern.matches(text) => flaw("pattern", format!("does not match the pattern {}", pattern.source())),
        Some(_) | None => Ok(()),
    }
}

fn decimal(given: &Given) -> Result<Decimal, Flaw> {
    match given {
        Given::Number(text) | Given::Text(text) => Decimal::parse(text).map_err(|problem| Flaw { rule: "kind", problem }),
        other => Err(wrong("a number", other)),
    }
}

fn within<T: Copy + Display>(value: T, min: Option<T>, max: Option<T>, compare: fn(T, T) -> Ordering) -> Result<T, Flaw> {
    match (min, max) {
        (Some(min), _) if compare(value, min) == Ordering::Less => flaw("min", format!("{value} is less than {min}")),
        (_, Some(max)) if compare(value, max) == Ordering::Greater => flaw("max", format!("{value} is more than {max}")),
        _ => Ok(value),
    }
}

/// `12.50`, `12.50 EUR`, or an object of amount and currency.
fn money(given: &Given, currency: Currency, min: Option<Decimal>, max: Option<Decimal>) -> Result<Cell, Flaw> {
    let (amount, code) = match given {
        Given::Text(text) => match text.trim().rsplit_once(' ') {
            Some((amount, code)) => (Decimal::parse(amount), Some(code)),
            None => (Decimal::parse(text), None),
        },
        Given::Number(text) => (Decimal::parse(text), None),
        Given::Map(map) => {
            let part = |key: &str| map.iter().find(|(k, _)| **k == *key).map(|(_, v)| v);
            if let Some((key, _)) = map.iter().find(|(k, _)| !["amount", "currency"].contains(&&**k)) {
                return flaw("kind", format!("money has an amount and a currency, and no {:?}", key.chars().take(40).collect::<String>()));
            }
            let amount = decimal(part("amount").ok_or_else(|| Flaw { rule: "kind", problem: "the amount is missing".to_owned() })?)?;
            match part("currency") {
                None => (Ok(amount), None),
                Some(Given::Text(code)) => (Ok(amount), Some(&**code)),
                Some(other) => return Err(wrong("a currency such as EUR", other)),
            }
        }
        other => return Err(wrong("an amount of money", other)),
    };
    let amount = amount.map_err(|problem| Flaw { rule: "kind", problem })?;
    if let Some(code) = code.filter(|code| *code != currency.code()) {
        return flaw("currency", format!("is in {:?}, but this field is in {currency}", code.chars().take(10).collect::<String>()));
    }
    let decimals = currency.decimals();
    let Some(amount) = amount.with_decimals(decimals) else {
        return flaw("currency", format!("{amount} has more digits behind the point than the {decimals} of {currency}"));
    };
    within(amount, min, max, Decimal::compare).map(|amount| Cell::Money { amount, currency })
}

fn choice(text: &str, choices: &[Choice]) -> Result<Name, Flaw> {
    match choices.iter().find(|choice| choice.name.as_str() == text) {
        Some(choice) => Ok(choice.name.clone()),
        None => {
            let shown: String = text.chars().take(60).collect();
            let hint = nearest::hint(text, choices.iter().map(|c| c.name.as_str())).unwrap_or_default();
            flaw("choices", format!("{shown:?} is none of the choices ({hint})"))
        }
    }
}

fn several(given: &Given, choices: &[Choice], min: u16, max: u16) -> Result<Cell, Flaw> {
    let mut chosen: Vec<Name> = Vec::new();
    let mut take = |text: &str| {
        let name = choice(text.trim(), choices)?;
        if chosen.contains(&name) {
            return flaw("choices", format!("{name} is given twice"));
        }
        chosen.push(name);
        Ok(())
    };
    match given {
        Given::Text(text) => text.split(',').try_for_each(&mut take)?,
        Given::List(list) => list.iter().try_for_each(|one| take(plain(one, "the name of a choice")?))?,
        other => return Err(wrong("a list of choices", other)),
    }
    counted("choices", chosen.len(), min, max)?;
    // In the order of the form, so that the same choice is the same value.
    chosen.sort_by_key(|name| choices.iter().position(|c| c.name == *name));
    Ok(Cell::Choices(chosen))
}

/// Whether there are enough and not too many.
pub fn counted(what: &str, count: usize, min: u16, max: u16) -> Result<(), Flaw> {
    if count > usize::from(max) {
        return flaw("max", format!("has {count} {what}, at most {max} are allowed"));
    }
    if count < usize::from(min) {
        return flaw("min", format!("has {count} {what}, at least {min} are needed"));
    }
    Ok(())
}

fn phone(given: &Given, pattern: Option<&Pattern>) -> Result<Cell, Flaw> {
    let text = match given {
        Given::Text(text) | Given::Number(text) => text.trim(),
        other => return Err(wrong("a phone number", other)),
    };
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if let Some(bad) = text.chars().find(|c| !(c.is_ascii_digit() || " +-()./".contains(*c))) {
        return flaw("kind", format!("holds {bad:?}; a phone number has digits, blanks and + - ( ) . /"));
    }
    if !(3..=20).contains(&digits) || text.len() > 40 || text.rfind('+').is_some_and(|at| at > 0) {
        return flaw("kind", format!("has {digits} digits; a phone number has 3 to 20, and a + only in front"));
    }
    matching(text, pattern)?;
    Ok(Cell::Text(PersonalText::new(text)))
}

/// An object of latitude and longitude, or `48.137,11.576`.
fn location(given: &Given) -> Result<Cell, Flaw> {
    let expected = "a location: latitude and longitude in degrees, such as 48.137,11.576";
    let (latitude, longitude) = match given {
        Given::Text(text) => match text.split_once(',') {
            Some((latitude, longitude)) => (Given::text(latitude), Given::text(longitude)),
            None => return flaw("kind", format!("expected {expected}")),
        },
        Given::Map(map) => {
            let part = |key: &str| map.iter().find(|(k, _)| **k == *key).map(|(_, v)| v.clone());
            match (part("latitude"), part("longitude"), map.len()) {
                (Some(latitude), Some(longitude), 2) => (latitude, longitude),
                _ => return flaw("kind", format!("expected {expected}")),
            }
        }
        other => return Err(wrong(expected, other)),
    };
    let degrees = |given: &Given, name: &str, most: i64| {
        let number = decimal(given).map_err(|f| Flaw { problem: format!("the {name} {}", f.problem), ..f })?;
        let out = |edge: i64, wanted| number.compare(Decimal::whole(edge)) == wanted;
        if out(-most, Ordering::Less) || out(most, Ordering::Greater) {
            return flaw("kind", format!("the {name} {number} is not between -{most} and {most} degrees"));
        }
        Ok(number)
    };
    let (latitude, longitude) = (degrees(&latitude, "latitude", 90)?, degrees(&longitude, "longitude", 180)?);
    Ok(Cell::Location(PersonalText(Some(format!("{latitude},{longitude}").into()))))
}

fn reference(given: &Given, target: Target, Known { directory, names }: Known<'_>) -> Result<Cell, Flaw> {
    let text = plain(given, "the id of an entry of the directory")?;
    let unknown =
        || Flaw { rule: "reference", problem: format!("there is no {} {:?}", target.name(), text.chars().take(60).collect::<String>()) };
    let reference = match target {
        Target::Account => {
            let id = AccountId::new(text).map_err(|_| unknown())?;
            directory.account(&id).filter(|a| !a.disabled && names.account(a)).map(|_| Reference::Account(id))
        }
        Target::Contact => {
            let id = ContactId::new(text).map_err(|_| unknown())?;
            directory.contact(&id).filter(|c| !c.disabled && names.contact(c)).map(|_| Reference::Contact(id))
        }
        Target::StaffUser => {
            let id = StaffUserId::new(text).map_err(|_| unknown())?;
            directory.active(&id).filter(|_| names.staff()).map(|_| Reference::StaffUser(id))
        }
        Target::Terminal => {
            let id = TerminalId::new(text).map_err(|_| unknown())?;
            directory.terminal(&id).filter(|t| !t.disabled && names.terminal(t)).map(|_| Reference::Terminal(id))
        }
        Target::Product => {
            let id = ProductId::new(text).map_err(|_| unknown())?;
            directory.product(&id).filter(|p| !p.disabled).map(|_| Reference::Product(id))
        }
    };
    reference.map(Cell::Reference).ok_or_else(unknown)
}

fn files(given: &[Given], min: u16, max: u16, media_types: &[Box<str>]) -> Result<Cell, Flaw> {
    let mut files: Vec<StoredFile> = Vec::new();
    for one in given {
        let Given::File(file) = one else {
            return flaw(
                "kind",
                format!("takes attachments (hash, mediaType and name of what was brought before), and not {}", one.words()),
            );
        };
        if files.iter().any(|known| known.hash == file.hash) {
            return flaw("kind", "has the same attachment twice");
        }
        if !media_types.is_empty() && !media_types.iter().any(|wanted| takes(wanted, &file.media_type)) {
            let shown: String = file.media_type.chars().take(60).collect();
            return flaw("media_types", format!("is of the kind {shown:?}; {} is taken", media_types.join(", ")));
        }
        files.push(file.clone());
    }
    counted("attachments", files.len(), min, max)?;
    Ok(Cell::Files(files))
}

fn takes(wanted: &str, media_type: &str) -> bool {
    match wanted.strip_suffix("/*") {
        Some(group) => media_type.split('/').next() == Some(group),
        None => wanted == media_type,
    }
}
