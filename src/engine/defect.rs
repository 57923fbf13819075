//! A defect of our own: the rules panicked. What it was about is told without what people typed: in a log and a file that somebody
//! who mends it may be sent.

use super::cell::Submission;
use crate::domain::aggregate::{Key, State};

/// What is told of a panic of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    pub command: &'static str,
    /// The words of the panic, the command, who brought it and the state it was judged on; free texts are replaced by their length.
    pub told: String,
}

impl Defect {
    /// Of a command that was judged on a state.
    pub fn new(command: &'static str, key: &Key, revision: u64, state: Option<&State>, submission: &Submission, panic: &str) -> Self {
        let Submission { command: input, principal, request, expected_revision } = submission;
        let told = format!(
            "panic: {panic}\ncommand: {command} on {key}, judged on revision {revision}\ninput: {input:#?}\nby: {principal:#?}\n\
             as a request: {}, expected revision: {expected_revision:?}\nstate: {state:#?}\n",
            request.is_some()
        );
        Self { command, told: without_texts(&told) }
    }
}

/// Texts in quotes are replaced by their length, but those that are ids: they stand alone in a type whose name ends so.
fn without_texts(debug: &str) -> String {
    const KEPT: [&str; 4] = ["Id(", "Name(", "WorkOrderNumber(", "Kind("];
    let mut out = String::with_capacity(debug.len());
    let mut rest = debug;
    while let Some(begin) = rest.find('"') {
        let (before, quoted) = rest.split_at(begin);
        out.push_str(before);
        let end = end_of_text(quoted);
        let kept = KEPT.iter().any(|kept| out.trim_end().ends_with(kept));
        if kept {
            out.push_str(&quoted[..end]);
        } else {
            out.push_str(&format!("<text of {}>", quoted[..end].chars().count().saturating_sub(2)));
        }
        rest = &quoted[end..];
    }
    out.push_str(rest);
    out
}

/// Behind the closing quote of a text that begins with one.
fn end_of_text(quoted: &str) -> usize {
    let mut escaped = false;
    for (at, character) in quoted.char_indices().skip(1) {
        match character {
            '"' if !escaped => return at + 1,
            _ => escaped = character == '\\' && !escaped,
        }
    }
    quoted.len()
}

#[cfg(test)]
mod tests {
    use super::without_texts;

    #[test]
    fn what_people_typed_is_replaced_by_its_length_and_ids_stay() {
        let debug = "Cancel { reason: Some(\"王伟 said \\\"no\\\"\"), phone: Number(\"139\"), by: StaffUserId(\n    \"dora\",\n), to: PersonalText(Some(\"a@b\")) } \"open";
        let told = without_texts(debug);
        assert_eq!(
            told,
            "Cancel { reason: Some(<text of 14>), phone: Number(<text of 3>), by: StaffUserId(\n    \"dora\",\n), to: PersonalText(Some(<text of 3>)) } <text of 3>"
        );
    }
}
