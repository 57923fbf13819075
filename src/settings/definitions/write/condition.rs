//! The key `when`: tests joined by all, any and not.

use super::sheet::{Sheet, list, quoted};
use crate::domain::definition::condition::{Condition, Join};
use crate::domain::definition::test::{Check, Constant, Test};
use crate::domain::form::date::show_time;

/// A part as it is written within a list, and what it would be as a list of its own.
struct Said {
    value: String,
    all_of: Option<Vec<String>>,
}

/// Writes it; one that always holds is left out.
pub fn write(condition: &Condition, sheet: &mut Sheet) {
    let plain = |value: String| Said { value, all_of: None };
    let said = condition.fold(
        |one| plain(test(one)),
        |join, parts| {
            let values: Vec<_> = parts.iter().map(|part| part.value.clone()).collect();
            match (join, parts.as_slice()) {
                (Join::All, _) => Said { value: format!("{{ all = {} }}", list(&values)), all_of: Some(values) },
                (Join::Any, _) => plain(format!("{{ any = {} }}", list(&values))),
                // "not" of several is shorter, and less deep, than "not" of "all" of several.
                (Join::Not, [Said { all_of: Some(values), .. }]) => plain(format!("{{ not = {} }}", list(values))),
                (Join::Not, _) => plain(format!("{{ not = {} }}", values.concat())),
            }
        },
    );
    match said {
        None => {}
        Some(Said { all_of: Some(values), .. }) => sheet.list("when", &values),
        Some(Said { value, all_of: None }) => sheet.raw("when", &value),
    }
}

fn test(test: &Test) -> String {
    let Test { subject, check } = test;
    let values = |all: &[Constant]| list(&all.iter().map(constant).collect::<Vec<_>>());
    let asked = match check {
        Check::OneOf(one) if one.len() == 1 => format!("equals = {}", one.iter().map(constant).collect::<String>()),
        Check::OneOf(all) => format!("in = {}", values(all)),
        Check::NoneOf(all) => format!("not_in = {}", values(all)),
        Check::Contains(word) => format!("contains = {}", quoted(word)),
        Check::Less(limit) => format!("less = {}", constant(limit)),
        Check::AtMost(limit) => format!("at_most = {}", constant(limit)),
        Check::More(limit) => format!("more = {}", constant(limit)),
        Check::AtLeast(limit) => format!("at_least = {}", constant(limit)),
        Check::Between(low, high) => format!("between = [{}, {}]", constant(low), constant(high)),
        Check::Empty => "empty = true".to_owned(),
        Check::NotEmpty => "empty = false".to_owned(),
    };
    format!("{{ field = {}, {asked} }}", quoted(subject.name()))
}

fn constant(constant: &Constant) -> String {
    match constant {
        Constant::Word(word) => quoted(word),
        Constant::Number(number) => number.to_string(),
        // In the currency of the field.
        Constant::Money(amount, _) => amount.to_string(),
        Constant::Date(date) => quoted(&date.to_string()),
        Constant::Time(time) => quoted(&show_time(*time)),
        Constant::Flag(flag) => flag.to_string(),
        Constant::Stars(stars) => stars.to_string(),
        Constant::Priority(priority) => quoted(priority.name()),
    }
}
