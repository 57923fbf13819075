//! Definition files: all *.toml files of a folder are sent as one, and are taken or refused as one.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args_definitions::{DefinitionsArgs, DefinitionsCommand, PreviewMessage};
use super::failure::{ERRORS, Failure};
use super::move_all;
use super::out_file::replace;
use super::rules;
use super::session::Session;
use super::view::definitions as view;
use super::view::width::line;
use crate::client::connection::ClientError;
use crate::protocol::definitions::{
    self as shapes, Applied, Apply, Change, Done, Exported, File, History, HistoryTold, Listed, MessagePreviewed, NAME, OfType, Show, Shown,
};

/// Folders within folders; a link that leads round in a circle ends here.
const DEEPEST: usize = 16;

/// Sends the files.
///
/// # Errors
/// A file that cannot be read, or what the daemon says.
pub fn apply(session: &mut Session<'_, '_>, files: Vec<File>, dry_run: bool) -> Result<(), Failure> {
    let apply = Apply { request_id: session.request_id.clone(), files, dry_run: dry_run.then_some(true) };
    let mut reply = match session.change(&format!("{NAME}.Apply"), &apply) {
        // Applying what is there already is a success, so that it can be repeated without a thought.
        Err(Failure::Client(ClientError::Refused { name, .. })) if name.strip_prefix(ERRORS) == Some("NothingToChange") => {
            json!({ "changes": [] })
        }
        reply => reply?,
    };
    if session.json() {
        add_lines(&mut reply);
    }
    session.print(reply, |applied: &Applied, page| view::applied(applied, dry_run, page))
}

/// Adds the lines that differ to every change that says how it read before, so that programs need not look for them.
fn add_lines(reply: &mut Value) {
    for change in reply.get_mut("changes").and_then(Value::as_array_mut).into_iter().flatten() {
        let Ok(shape) = serde_json::from_value::<Change>(change.clone()) else { continue };
        let lines = |hunk: Vec<view::DiffLine>| hunk.into_iter().map(|(mark, text)| json!({ "mark": mark, "text": text })).collect();
        let hunks: Vec<Vec<Value>> = view::hunks(&shape).into_iter().map(lines).collect();
        if let (Some(change), false) = (change.as_object_mut(), hunks.is_empty()) {
            change.insert("difference".to_owned(), json!(hunks));
        }
    }
}

/// Everything else about definitions.
///
/// # Errors
/// What the daemon says.
pub fn definitions(session: &mut Session<'_, '_>, arguments: DefinitionsArgs) -> Result<(), Failure> {
    match arguments.command.unwrap_or(DefinitionsCommand::List) {
        DefinitionsCommand::List => {
            let reply = session.ask(&format!("{NAME}.List"), &json!({}))?;
            session.print(reply, |listed: &Listed, page| view::list(&listed.definitions, page))
        }
        DefinitionsCommand::Show { kind, name, version } => {
            let reply = session.ask(&format!("{NAME}.Show"), &Show { kind: kind_of(&kind), name, version })?;
            session.print(reply, |shown: &Shown, _| shown.text.clone())
        }
        DefinitionsCommand::Export { dir, force } => export(session, &dir, force),
        DefinitionsCommand::History { limit } => {
            let reply = session.ask(&format!("{NAME}.History"), &History { limit })?;
            session.print(reply, |told: &HistoryTold, page| view::history(told, page))
        }
        DefinitionsCommand::Publish(of) => of_type(session, "Publish", of.name, "published"),
        DefinitionsCommand::Retire(of) => of_type(session, "Retire", of.name, "retired"),
        DefinitionsCommand::Delete(of) => of_type(session, "Delete", of.name, "deleted"),
        DefinitionsCommand::PreviewMessage(of) => preview(session, of),
        DefinitionsCommand::MoveRule(of) => rules::move_rule(session, of),
        DefinitionsCommand::Move { process, version, dry_run } => move_all::move_all(session, &process, version, dry_run),
    }
}

fn of_type(session: &mut Session<'_, '_>, method: &str, record_type: String, done: &str) -> Result<(), Failure> {
    let told = format!("record type {} is {done}\n", line(&record_type));
    let parameters = OfType { request_id: session.request_id.clone(), record_type };
    let reply = session.change(&format!("{NAME}.{method}"), &parameters)?;
    session.print(reply, |_: &Done, _| told)
}

/// Shows a message as somebody would get it.
fn preview(session: &mut Session<'_, '_>, of: PreviewMessage) -> Result<(), Failure> {
    let PreviewMessage { message, number, language, with, html } = of;
    let files = with.as_deref().map(read).transpose()?;
    let parameters = shapes::PreviewMessage { number, message, language, files };
    let reply = session.ask(&format!("{NAME}.PreviewMessage"), &parameters)?;
    let previewed: MessagePreviewed = session.shape(reply.clone())?;
    if let Some(place) = html {
        let text = previewed.html.as_deref().ok_or_else(|| Failure::Usage("the message has no HTML in this language".to_owned()))?;
        replace(&place, text.as_bytes())?;
    }
    session.print(reply, |previewed: &MessagePreviewed, page| view::message(previewed, page))
}

/// A kind as the daemon says it, of how it is typed: `evaluation-rule` is `evaluation rule`. Words that have a hyphen keep it.
pub fn kind_of(typed: &str) -> String {
    match typed {
        "plug-in" => typed.to_owned(),
        _ => match typed.strip_prefix("follow-up-") {
            Some(rest) => format!("follow-up {rest}"),
            None => typed.replace('-', " "),
        },
    }
}

/// Writes the files; all are looked at before the first is written.
fn export(session: &mut Session<'_, '_>, dir: &Path, force: bool) -> Result<(), Failure> {
    let reply = session.ask(&format!("{NAME}.Export"), &json!({}))?;
    let exported: Exported = session.shape(reply.clone())?;
    let unwritable = |path: &Path, error: &std::io::Error| Failure::Usage(format!("{} cannot be written: {error}", path.display()));
    let mut places = Vec::new();
    for file in &exported.files {
        // A name and nothing more, whatever the other side says.
        let name = Path::new(&file.path).file_name().filter(|name| *name == file.path.as_str());
        let place = dir.join(name.ok_or_else(|| Failure::Usage(format!("{} is no name of a file", line(&file.path))))?);
        if !force && place.exists() {
            return Err(Failure::Usage(format!("{} is there already; --force overwrites it", place.display())));
        }
        places.push((place, &file.text));
    }
    fs::create_dir_all(dir).map_err(|e| unwritable(dir, &e))?;
    for (place, text) in &places {
        fs::write(place, text).map_err(|e| unwritable(place, &e))?;
    }
    if session.json() {
        return session.print_json(&reply);
    }
    let names: String = places.iter().map(|(place, _)| format!("{}\n", place.display())).collect();
    session.write(&names)
}

/// All *.toml files under a folder, in order of their paths; hidden ones and hidden folders are left out. Or the one file.
///
/// # Errors
/// What cannot be read, or that there is none.
pub fn read(place: &Path) -> Result<Vec<File>, Failure> {
    let mut paths = Vec::new();
    collect(place, 0, &mut paths)?;
    paths.sort();
    if paths.is_empty() {
        return Err(Failure::Usage(format!("there is no *.toml file under {}", place.display())));
    }
    let file = |path: PathBuf| {
        let text = fs::read_to_string(&path).map_err(|e| unreadable(&path, &e))?;
        Ok(File { path: path.display().to_string(), text })
    };
    paths.into_iter().map(file).collect()
}

fn collect(place: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if !fs::metadata(place).map_err(|e| unreadable(place, &e))?.is_dir() {
        if depth == 0 || place.extension().is_some_and(|extension| extension == "toml") {
            paths.push(place.to_owned());
        }
        return Ok(());
    }
    if depth > DEEPEST {
        return Err(Failure::Usage(format!("{} lies too deep; does a link lead round in a circle?", place.display())));
    }
    for entry in fs::read_dir(place).map_err(|e| unreadable(place, &e))? {
        let entry = entry.map_err(|e| unreadable(place, &e))?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            collect(&entry.path(), depth + 1, paths)?;
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("{} cannot be read: {error}", path.display()))
}
