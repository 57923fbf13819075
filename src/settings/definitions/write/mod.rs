//! Back from definitions to files: TOML that reads as a person would write it, and applies to exactly the same.
//!
//! One file here per reader beside it. Every definition is taken apart in full, so that a new key is asked for here by the compiler.
//! What has its default is left out, but for handlers, methods and states, which say more than they cost.

mod assignment;
mod condition;
mod evaluation;
mod follow_up;
mod form;
mod message;
mod process;
mod record_type;
mod role;
mod sharing;
mod sheet;
mod sop;

use crate::domain::definition::Definitions;
use crate::domain::ids::Name;
use sheet::Sheet;

/// One definition as a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The glossary's word for the kind.
    pub kind: &'static str,
    pub name: Name,
    pub text: String,
}

/// The kinds with the files they are exported to.
const FILES: [(&str, &str); 12] = [
    // First: what is said of plug-ins stands above all tables.
    ("plug-in", "plug-ins"),
    ("form", "forms"),
    ("record type", "record-types"),
    ("process", "processes"),
    ("evaluation template", "evaluation-templates"),
    ("evaluation rule", "evaluation-rules"),
    ("assignment rule", "assignment-rules"),
    ("message", "messages"),
    ("SOP", "sops"),
    ("role", "roles"),
    ("sharing rule", "sharing-rules"),
    ("follow-up rule", "follow-up-rules"),
];

/// The words for the kinds.
pub const KINDS: [&str; FILES.len()] = {
    let mut kinds = [""; FILES.len()];
    let mut index = 0;
    while index < FILES.len() {
        kinds[index] = FILES[index].0;
        index += 1;
    }
    kinds
};

/// The word for a kind, if it is one.
pub fn kind(word: &str) -> &'static str {
    KINDS.into_iter().find(|kind| *kind == word).unwrap_or("definition")
}

/// Most bytes of one exported file, but for a definition that is longer by itself: so that it can be read again.
const FILE_BYTES: usize = super::FILE_BYTES_MAX / 2;

/// Every definition by itself, kind after kind.
pub fn each(definitions: &Definitions) -> Vec<Written> {
    let Definitions {
        forms,
        record_types,
        processes,
        templates,
        rules,
        messages,
        roles,
        type_states,
        assignment_rules,
        sops,
        sharing_rules,
        follow_up_rules,
        plug_ins,
    } = definitions;
    let mut all = Vec::new();
    let mut put = |kind: &'static str, name: &Name, write: &dyn Fn(&mut Sheet)| {
        let mut sheet = Sheet::default();
        write(&mut sheet);
        all.push(Written { kind, name: name.clone(), text: sheet.into_text() });
    };
    plug_ins.iter().for_each(|d| put("plug-in", &d.name, &|sheet| follow_up::write_plug_in(d, sheet)));
    forms.iter().for_each(|d| put("form", &d.name, &|sheet| form::write(d, sheet)));
    let state = |name: &Name| type_states.iter().find(|(named, _)| named == name).map(|(_, state)| *state);
    record_types.iter().for_each(|d| put("record type", &d.name, &|sheet| record_type::write(d, state(&d.name), sheet)));
    processes.iter().for_each(|d| put("process", &d.name, &|sheet| process::write(d, sheet)));
    templates.iter().for_each(|d| put("evaluation template", &d.name, &|sheet| evaluation::write_template(d, sheet)));
    rules.iter().flatten().for_each(|d| put("evaluation rule", &d.name, &|sheet| evaluation::write_rule(d, sheet)));
    let assignments = assignment_rules.iter().flatten();
    assignments.for_each(|d| put("assignment rule", &d.name, &|sheet| assignment::write(d, sheet)));
    messages.iter().for_each(|d| put("message", &d.name, &|sheet| message::write(d, sheet)));
    sops.iter().for_each(|d| put("SOP", &d.name, &|sheet| sop::write(d, sheet)));
    roles.iter().for_each(|d| put("role", &d.name, &|sheet| role::write(d, sheet)));
    sharing_rules.iter().flatten().for_each(|d| put("sharing rule", &d.name, &|sheet| sharing::write(d, sheet)));
    follow_up_rules.iter().flatten().for_each(|d| put("follow-up rule", &d.name, &|sheet| follow_up::write_rule(d, sheet)));
    all
}

/// All of it as one text.
pub fn one_file(definitions: &Definitions) -> String {
    let mut text: String = FILES.iter().filter_map(|(kind, _)| none_of(kind, definitions)).collect();
    each(definitions).iter().for_each(|one| append(&mut text, &one.text));
    text
}

/// All of it as files, (name, text): one per kind, and more where one would be too long to be read again.
pub fn files(definitions: &Definitions) -> Vec<(String, String)> {
    let all = each(definitions);
    let mut files = Vec::new();
    for (kind, name) in FILES {
        let mut texts = vec![none_of(kind, definitions).unwrap_or_default()];
        for one in all.iter().filter(|one| one.kind == kind) {
            if let Some(last) = texts.last_mut().filter(|last| last.is_empty() || last.len() + one.text.len() < FILE_BYTES) {
                append(last, &one.text);
            } else {
                texts.push(one.text.clone());
            }
        }
        for (index, text) in texts.into_iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            // Names that sort as they were written: the order within a kind is kept.
            let file = if index == 0 { format!("{name}.toml") } else { format!("{name}_{:04}.toml", index + 1) };
            files.push((file, text));
        }
    }
    files
}

/// That there is no rule must be said: files without a word of rules leave them as they are.
fn none_of(kind: &str, definitions: &Definitions) -> Option<String> {
    let (count, table) = match kind {
        "evaluation rule" => (definitions.rules.as_ref().map(Vec::len), "evaluation_rule"),
        "assignment rule" => (definitions.assignment_rules.as_ref().map(Vec::len), "assignment_rule"),
        "sharing rule" => (definitions.sharing_rules.as_ref().map(Vec::len), "sharing_rule"),
        "follow-up rule" => (definitions.follow_up_rules.as_ref().map(Vec::len), "follow_up_rule"),
        _ => return None,
    };
    (count == Some(0)).then(|| format!("{table} = []\n"))
}

fn append(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(more);
}
