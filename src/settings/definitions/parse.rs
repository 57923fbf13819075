//! All files together into one set of definitions, or every problem there is.
//!
//! Keeps the order of things independent of the order in which files are given. What each table means is left to the file
//! of its kind; what only shows when all are seen, to `book`.

use super::book::{Book, Kind};
use super::{assignment, evaluation, follow_up, form, message, process, record_type, role, service_ticket, sharing, sop, write};
use crate::domain::definition::{Definitions, plug_in};
use crate::domain::ids::Name;
use crate::settings::problem::{KnownKey, Place, Problem, Sink};
use crate::settings::toml_reader::{File, Table};
use std::collections::BTreeSet;
use toml::de::DeTable;

/// Largest definition file, in bytes.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// Most definition files.
pub const FILES_MAX: usize = 200;
/// Most definitions of one kind, over all files.
pub const PER_KIND_MAX: usize = 1_000;

/// What stands for a file in problems with what is defined already.
pub const IN_CATALOGUE: &str = "(defined already)";

/// What files are judged together with.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// Defined already; what files say of the same name takes its place.
    pub there: &'a Definitions,
    /// Most record types of the kind "service ticket" (REC-2).
    pub service_ticket_types: usize,
}

/// Reads definition files, given as (name for messages, text), and checks them as a whole: references lead across files.
/// Fails with all problems at once, sorted by file and line. The format is in the [module's table](super).
pub fn parse(files: &[(String, String)]) -> Result<Definitions, Vec<Problem>> {
    let surroundings = Surroundings { there: &Definitions::default(), service_ticket_types: service_ticket::DEFAULT_MAX };
    parse_into(files, &surroundings)
}

/// The same, together with what is defined already: files may refer to it, and must go together with it. What comes back holds both.
pub fn parse_into(files: &[(String, String)], surroundings: &Surroundings<'_>) -> Result<Definitions, Vec<Problem>> {
    read(files, surroundings, Sink::default()).1
}

/// The keys that the reader knows in the tables that these files hold, in every kind of table that is among them.
pub fn keys(files: &[(String, String)]) -> Vec<KnownKey> {
    let surroundings = Surroundings { there: &Definitions::default(), service_ticket_types: service_ticket::DEFAULT_MAX };
    read(files, &surroundings, Sink::of_keys()).0
}

fn read(files: &[(String, String)], surroundings: &Surroundings<'_>, sink: Sink) -> (Vec<KnownKey>, Result<Definitions, Vec<Problem>>) {
    let found = all(files, surroundings, &sink);
    let keys = sink.keys();
    let problems = sink.into_problems();
    (keys, if problems.is_empty() { Ok(found) } else { Err(problems) })
}

fn all(files: &[(String, String)], surroundings: &Surroundings<'_>, sink: &Sink) -> Definitions {
    if let Some((name, _)) = files.get(FILES_MAX) {
        let place = Place { file: name.clone(), line: 1, key: String::new() };
        sink.report_with(
            &place,
            format!("there are {} files, at most {FILES_MAX} are read", files.len()),
            "put several definitions into one file",
        );
        return Definitions::default();
    }
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by_key(|(name, _)| name);
    let rest = write::one_file(&untouched(surroundings.there, &files));
    let mut book = Book::new(sink);
    let mut definitions = Definitions::default();
    let mut documents: Vec<_> = open(IN_CATALOGUE, &rest, &mut book).into_iter().collect();
    documents.extend(files.into_iter().filter_map(
        |(name, text)| {
            if too_large(name, text, &mut book) { None } else { open(name, text, &mut book) }
        },
    ));
    // Forms first: conditions and messages name their fields, in whichever file these stand.
    for kinds in [&Kind::ALL[..1], &Kind::ALL[1..]] {
        for (file, document) in &documents {
            read_tables(&file.root(document.get_ref()), kinds, &mut book, &mut definitions);
        }
    }
    book.check();
    let tickets = surroundings.there.record_types.iter().filter(|t| t.service_ticket).map(|t| &t.name).collect();
    service_ticket::check(&book, surroundings.service_ticket_types, &tickets);
    definitions.roles = role::resolve(&book);
    if let Some(rules) = &mut definitions.rules {
        rules.sort_by_key(|rule| rule.precedence);
    }
    if let Some(rules) = &mut definitions.assignment_rules {
        rules.sort_by_key(|rule| rule.precedence);
    }
    if let Some(rules) = &mut definitions.follow_up_rules {
        rules.sort_by_key(|rule| rule.precedence);
    }
    definitions
}

/// What no file says anything about.
fn untouched(there: &Definitions, files: &[&(String, String)]) -> Definitions {
    let mut said: BTreeSet<(&'static str, Name)> = BTreeSet::new();
    let (mut rules_said, mut assignment_rules_said, mut sharing_rules_said, mut follow_up_rules_said) = (false, false, false, false);
    let mut plug_ins_said: Vec<&str> = Vec::new();
    for (_, text) in files.iter().filter(|(_, text)| text.len() <= FILE_BYTES_MAX) {
        let (document, _) = DeTable::parse_recoverable(text);
        let switches = document.get_ref().get(follow_up::PLUG_INS).and_then(|value| value.get_ref().as_table());
        let said_on = |(key, _): &&(&str, &'static str)| switches.is_some_and(|table| table.get(*key).is_some());
        plug_ins_said.extend(plug_in::PLUG_INS.iter().filter(said_on).map(|(_, name)| *name));
        for kind in Kind::ALL {
            let Some(value) = document.get_ref().get(kind.table()) else { continue };
            rules_said |= kind == Kind::EvaluationRule;
            assignment_rules_said |= kind == Kind::AssignmentRule;
            sharing_rules_said |= kind == Kind::SharingRule;
            follow_up_rules_said |= kind == Kind::FollowUpRule;
            let tables = value.get_ref().as_array().into_iter().flat_map(|list| list.iter());
            let names = tables.filter_map(|t| Name::new(t.get_ref().as_table()?.get("name")?.get_ref().as_str()?).ok());
            said.extend(names.map(|name| (kind.table(), name)));
        }
    }
    let mut rest = there.clone();
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
    } = &mut rest;
    let unsaid = |kind: Kind, name: &Name| !said.contains(&(kind.table(), name.clone()));
    forms.retain(|d| unsaid(Kind::Form, &d.name));
    record_types.retain(|d| unsaid(Kind::RecordType, &d.name));
    type_states.retain(|(name, _)| unsaid(Kind::RecordType, name));
    processes.retain(|d| unsaid(Kind::Process, &d.name));
    templates.retain(|d| unsaid(Kind::EvaluationTemplate, &d.name));
    messages.retain(|d| unsaid(Kind::Message, &d.name));
    roles.retain(|d| unsaid(Kind::Role, &d.name));
    sops.retain(|d| unsaid(Kind::Sop, &d.name));
    if rules_said {
        *rules = None;
    }
    if assignment_rules_said {
        *assignment_rules = None;
    }
    if sharing_rules_said {
        *sharing_rules = None;
    }
    if follow_up_rules_said {
        *follow_up_rules = None;
    }
    plug_ins.retain(|plug_in| !plug_ins_said.contains(&plug_in.name.as_str()));
    rest
}

type Document<'a> = (File<'a>, toml::Spanned<DeTable<'a>>);

/// Whether a file is larger than any that is read, which is reported.
fn too_large<'a>(name: &str, text: &'a str, book: &mut Book<'a>) -> bool {
    if text.len() <= FILE_BYTES_MAX {
        return false;
    }
    let place = Place { file: name.to_owned(), line: 1, key: String::new() };
    book.sink.report_with(
        &place,
        format!("the file has {} bytes, at most {FILE_BYTES_MAX} are read", text.len()),
        "split it into several files",
    );
    book.unreadable(text);
    true
}

/// A file as a table; none if it cannot be read, which is reported.
fn open<'a>(name: &'a str, text: &'a str, book: &mut Book<'a>) -> Option<Document<'a>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let file = File::new(name, text, book.sink);
    if errors.is_empty() {
        return Some((file, document));
    }
    for error in errors {
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        let position = error.span().map_or(0, |span| span.start);
        book.sink.report(&file.place(position, String::new()), format!("not valid TOML: {message}"));
    }
    book.unreadable(text);
    None
}

fn read_tables(root: &Table<'_>, kinds: &[Kind], book: &mut Book<'_>, definitions: &mut Definitions) {
    for kind in Kind::ALL {
        if !kinds.contains(&kind) {
            root.known(kind.table());
            continue;
        }
        // Files that say nothing of rules leave them as they are; with some, these are all there are. An empty list: none any more.
        if root.has(kind.table()) {
            match kind {
                Kind::EvaluationRule => drop(definitions.rules.get_or_insert_default()),
                Kind::AssignmentRule => drop(definitions.assignment_rules.get_or_insert_default()),
                Kind::SharingRule => drop(definitions.sharing_rules.get_or_insert_default()),
                Kind::FollowUpRule => drop(definitions.follow_up_rules.get_or_insert_default()),
                Kind::Form | Kind::RecordType | Kind::Process | Kind::EvaluationTemplate | Kind::Message | Kind::Role | Kind::Sop => {}
            }
        }
        for table in root.tables(kind.table(), usize::MAX) {
            if !book.room(kind, &table.place) {
                break;
            }
            match kind {
                Kind::Form => definitions.forms.extend(form::read(table, book)),
                Kind::RecordType => {
                    if let Some((record_type, state)) = record_type::read(table, book) {
                        definitions.type_states.extend(state.map(|state| (record_type.name.clone(), state)));
                        definitions.record_types.push(record_type);
                    }
                }
                Kind::Process => definitions.processes.extend(process::read(table, book)),
                Kind::EvaluationTemplate => definitions.templates.extend(evaluation::read_template(table, book)),
                Kind::EvaluationRule => definitions.rules.get_or_insert_default().extend(evaluation::read_rule(table, book)),
                Kind::Message => definitions.messages.extend(message::read(table, book)),
                Kind::Role => role::read(table, book),
                Kind::AssignmentRule => definitions.assignment_rules.get_or_insert_default().extend(assignment::read_rule(table, book)),
                Kind::Sop => definitions.sops.extend(sop::read(table, book)),
                Kind::SharingRule => definitions.sharing_rules.get_or_insert_default().extend(sharing::read_rule(table, book)),
                Kind::FollowUpRule => definitions.follow_up_rules.get_or_insert_default().extend(follow_up::read_rule(table, book)),
            }
        }
    }
    // Once is enough to tell of what does not belong there.
    if kinds.contains(&Kind::Role) {
        follow_up::read_plug_ins(root, &mut definitions.plug_ins);
        root.finish();
    }
}
