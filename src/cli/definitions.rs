//! Definition files: all *.toml files of a folder are sent as one, and are taken or refused as one.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::failure::{ERRORS, Failure};
use super::session::Session;
use super::view::status;
use crate::client::connection::ClientError;
use crate::protocol::definitions::{Applied, Apply, File, Listed, NAME};

/// Folders within folders; a link that leads round in a circle ends here.
const DEEPEST: usize = 16;

/// Sends the files.
///
/// # Errors
/// A file that cannot be read, or what the daemon says.
pub fn apply(session: &mut Session<'_, '_>, files: Vec<File>, dry_run: bool) -> Result<(), Failure> {
    let apply = Apply { request_id: session.request_id.clone(), files, dry_run: dry_run.then_some(true) };
    let reply = match session.change(&format!("{NAME}.Apply"), &apply) {
        // Applying what is there already is a success, so that it can be repeated without a thought.
        Err(Failure::Client(ClientError::Refused { name, .. })) if name.strip_prefix(ERRORS) == Some("NothingToChange") => {
            json!({ "changes": [] })
        }
        reply => reply?,
    };
    session.print(reply, |applied: &Applied, _| status::applied(applied, dry_run))
}

/// Lists what there is.
///
/// # Errors
/// What the daemon says.
pub fn list(session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let reply = session.ask(&format!("{NAME}.List"), &json!({}))?;
    session.print(reply, |listed: &Listed, page| status::definitions(&listed.definitions, page))
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
