//! All files together into one set of definitions, or every problem there is.
//!
//! Keeps the order of things independent of the order in which files are given. What each table means is left to the file
//! of its kind; what only shows when all are seen, to `book`.

use super::book::{Book, Kind};
use super::{assignment, evaluation, form, message, process, record_type, role};
use crate::domain::definition::Definitions;
use crate::settings::problem::{Place, Problem, Sink};
use crate::settings::toml_reader::{File, Table};
use toml::de::DeTable;

/// Largest definition file, in bytes.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// Most definition files.
pub const FILES_MAX: usize = 200;
/// Most definitions of one kind, over all files.
pub const PER_KIND_MAX: usize = 1_000;

/// Reads definition files, given as (name for messages, text), and checks them as a whole: references lead across files.
/// Fails with all problems at once, sorted by file and line. The format is in the [module's table](super).
pub fn parse(files: &[(String, String)]) -> Result<Definitions, Vec<Problem>> {
    let sink = Sink::default();
    if let Some((name, _)) = files.get(FILES_MAX) {
        let place = Place { file: name.clone(), line: 1, key: String::new() };
        sink.report_with(
            &place,
            format!("there are {} files, at most {FILES_MAX} are read", files.len()),
            "put several definitions into one file",
        );
        return Err(sink.into_problems());
    }
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by_key(|(name, _)| name);
    let mut book = Book::new(&sink);
    let mut definitions = Definitions::default();
    let documents: Vec<_> = files.into_iter().filter_map(|(name, text)| open(name, text, &mut book)).collect();
    // Forms first: conditions and messages name their fields, in whichever file these stand.
    for kinds in [&Kind::ALL[..1], &Kind::ALL[1..]] {
        for (file, document) in &documents {
            read_tables(&file.root(document.get_ref()), kinds, &mut book, &mut definitions);
        }
    }
    book.check();
    definitions.roles = role::resolve(&book);
    if let Some(rules) = &mut definitions.rules {
        rules.sort_by_key(|rule| rule.precedence);
    }
    if let Some(rules) = &mut definitions.assignment_rules {
        rules.sort_by_key(|rule| rule.precedence);
    }
    let problems = sink.into_problems();
    if problems.is_empty() { Ok(definitions) } else { Err(problems) }
}

type Document<'a> = (File<'a>, toml::Spanned<DeTable<'a>>);

/// A file as a table; none if it cannot be read, which is reported.
fn open<'a>(name: &'a str, text: &'a str, book: &mut Book<'a>) -> Option<Document<'a>> {
    if text.len() > FILE_BYTES_MAX {
        let place = Place { file: name.to_owned(), line: 1, key: String::new() };
        book.sink.report_with(
            &place,
            format!("the file has {} bytes, at most {FILE_BYTES_MAX} are read", text.len()),
            "split it into several files",
        );
        book.unreadable(text);
        return None;
    }
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
        for table in root.tables(kind.table(), usize::MAX) {
            if !book.room(kind, &table.place) {
                break;
            }
            match kind {
                Kind::Form => definitions.forms.extend(form::read(table, book)),
                Kind::RecordType => definitions.record_types.extend(record_type::read(table, book)),
                Kind::Process => definitions.processes.extend(process::read(table, book)),
                Kind::EvaluationTemplate => definitions.templates.extend(evaluation::read_template(table, book)),
                // Files without any rule leave the rules as they are; with some, these are all there are.
                Kind::EvaluationRule => definitions.rules.get_or_insert_default().extend(evaluation::read_rule(table, book)),
                Kind::Message => definitions.messages.extend(message::read(table, book)),
                Kind::Role => role::read(table, book),
                // As with evaluation rules.
                Kind::AssignmentRule => definitions.assignment_rules.get_or_insert_default().extend(assignment::read_rule(table, book)),
            }
        }
    }
    // Once is enough to tell of what does not belong there.
    if kinds.contains(&Kind::Role) {
        root.finish();
    }
}
