//! `backup`: asks the daemon for everything up to one record, and brings what is not there yet into a folder.
//! Keeps: only files whose hash is right are taken; a back-up of another installation, or of another history, is not replaced.

use std::path::Path;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::json;

use super::back_up_folder::Folder;
use super::failure::Failure;
use super::session::Session;
use crate::client::connection::ClientError;
use crate::protocol::back_up::{self, FORMAT, Manifest, VERSION};
use crate::protocol::system::{BackUp, BackUpFile, BackUpFiles, BackUpPiece, ListBackUpFiles, NAME, ReadBackUpFile};

/// How often a file is fetched again that was changed meanwhile (by an erasure).
const ATTEMPTS: usize = 5;
/// How long the daemon may read one segment: 2 GiB at most, perhaps from a slow disk.
const PATIENCE: Duration = Duration::from_secs(600);
/// Time between two reports on a terminal.
const REPORT_EVERY: Duration = Duration::from_millis(200);

/// Backs up.
///
/// # Errors
/// What the daemon says, a folder that is not for this, or a disk that fails; the back-up that was there is then as it was.
pub fn back_up(session: &mut Session<'_, '_>, dest: &Path, with_secret: bool) -> Result<(), Failure> {
    session.client().set_limit(PATIENCE);
    let reply = session.ask(&format!("{NAME}.GetBackUp"), &json!({}))?;
    let what: BackUp = session.shape(reply)?;
    let folder = Folder::open(dest)?;
    let secret = with_secret || folder.manifest.as_ref().is_some_and(|manifest| manifest.with_secret);
    refuse_others(&folder, &what, dest)?;
    let known = folder.manifest.as_ref().map(|manifest| manifest.sequence);
    let segments = what.end >> 32;
    let mut run = Run { session, folder, segments, secret, known, what, fetched: (0, 0), kept: (0, 0), told: None, known_hash: None };
    let files = run.files()?;
    let Run { session, folder, what, fetched, kept, told, known_hash, .. } = run;
    if told.is_some() {
        session.console.err.write_all(b"\r\x1b[K")?;
    }
    if let Some(before) = &folder.manifest {
        let head = format!("{}:{}", before.sequence, known_hash.as_deref().unwrap_or(""));
        if head != before.head {
            return Err(Failure::Nothing(format!(
                "the back-up in {} has {} as its head, which is not in the history of this daemon: it has gone another way since; \
                 take another folder",
                dest.display(),
                before.head
            )));
        }
    }
    let manifest = Manifest {
        format: FORMAT.into(),
        format_version: VERSION,
        program: what.version.clone(),
        installation: what.installation.clone(),
        at: what.at,
        sequence: what.sequence.max(0) as u64,
        head: what.head.clone(),
        with_secret: secret,
        files,
    };
    folder.finish(&manifest)?;
    let told = json!({
        "path": dest, "installation": what.installation, "sequence": what.sequence, "head": what.head,
        "files": manifest.files.len(), "fetchedFiles": fetched.0, "fetchedBytes": fetched.1, "withSecret": secret,
    });
    let text = format!(
        "{} files fetched ({}), {} were there already\nbacked up through sequence {}, head {}\n",
        fetched.0,
        size(fetched.1),
        kept.0,
        what.sequence,
        what.head
    );
    if session.json() { session.print_json(&told) } else { session.write(&text) }
}

fn refuse_others(folder: &Folder, what: &BackUp, dest: &Path) -> Result<(), Failure> {
    let dest = dest.display();
    if let Some(other) = folder.installation.as_ref().filter(|other| **other != what.installation) {
        let ours = &what.installation;
        return Err(Failure::Nothing(format!(
            "{dest} is a back-up of installation {other}, and the daemon's is {ours}; take another folder"
        )));
    }
    match &folder.manifest {
        Some(before) if before.sequence > what.sequence.max(0) as u64 => Err(Failure::Nothing(format!(
            "the back-up in {dest} goes through sequence {}, and the daemon is at {}: it was put back to an earlier state; take another folder",
            before.sequence, what.sequence
        ))),
        Some(_) | None => Ok(()),
    }
}

struct Run<'s, 'a, 'c> {
    session: &'s mut Session<'a, 'c>,
    folder: Folder,
    segments: i64,
    secret: bool,
    known: Option<u64>,
    what: BackUp,
    /// Files and bytes.
    fetched: (u64, u64),
    kept: (u64, u64),
    told: Option<Instant>,
    known_hash: Option<String>,
}

impl Run<'_, '_, '_> {
    fn files(&mut self) -> Result<Vec<back_up::File>, Failure> {
        let mut files: Vec<back_up::File> = Vec::new();
        let mut expected = 1;
        loop {
            let listed = self.list(files.last().map(|file| file.name.clone()))?;
            if listed.files.is_empty() {
                break;
            }
            if listed.known_hash.is_some() {
                self.known_hash = listed.known_hash;
            }
            for file in listed.files {
                if let (Some(first), Some(last)) = (file.first, file.last) {
                    if first != expected {
                        return Err(self.odd(format!("{} begins with record {first} instead of {expected}", file.name)));
                    }
                    expected = last + 1;
                }
                let before = files.last().map(|file| file.name.clone());
                // One that no Work Order names any more may go meanwhile.
                let Some(file) = self.bring(file, before)? else { continue };
                files.push(back_up::File { name: file.name, bytes: file.bytes as u64, hash: file.hash });
            }
        }
        if expected != self.what.sequence + 1 {
            return Err(self.odd(format!("the journal ends with record {}, and not with {}", expected - 1, self.what.sequence)));
        }
        Ok(files)
    }

    fn list(&mut self, after: Option<String>) -> Result<BackUpFiles, Failure> {
        let known = self.known.map(|known| known as i64);
        let parameters = ListBackUpFiles { end: self.what.end, after, secret: Some(self.secret), known };
        let reply = self.session.ask(&format!("{NAME}.ListBackUpFiles"), &parameters)?;
        let listed: BackUpFiles = self.session.shape(reply)?;
        let good = |file: &BackUpFile| back_up::is_name(&file.name) && (0..=file.bytes).contains(&file.written);
        match listed.files.iter().find(|file| !good(file)) {
            Some(file) => Err(self.odd(format!("{:?} is no file of a back-up", file.name))),
            None => Ok(listed),
        }
    }

    /// Brings a file; gives what it was in the end, if it was still there.
    fn bring(&mut self, mut file: BackUpFile, before: Option<String>) -> Result<Option<BackUpFile>, Failure> {
        for _ in 0..ATTEMPTS {
            self.report(&file.name)?;
            if self.folder.has(&file)? {
                self.kept = (self.kept.0 + 1, self.kept.1 + file.bytes as u64);
                return Ok(Some(file));
            }
            let mut incoming = self.folder.begin(&file)?;
            let mut offset = 0;
            while offset < file.written {
                let parameters = ReadBackUpFile { end: self.what.end, name: file.name.clone(), offset };
                let reply = match self.session.ask(&format!("{NAME}.ReadBackUpFile"), &parameters) {
                    Err(Failure::Client(ClientError::Refused { name, .. })) if name == "org.workorderd.InvalidField" => break,
                    other => other?,
                };
                let piece: BackUpPiece = self.session.shape(reply)?;
                let mut piece = BASE64.decode(piece.content.as_bytes()).map_err(|error| self.odd(format!("no base64: {error}")))?;
                piece.truncate((file.written - offset) as usize);
                if piece.is_empty() {
                    break;
                }
                incoming.write(&piece)?;
                offset += piece.len() as i64;
                self.fetched.1 += piece.len() as u64;
                self.report(&file.name)?;
            }
            if offset == file.written && incoming.is(&file) {
                self.folder.take(incoming, &file)?;
                self.fetched.0 += 1;
                return Ok(Some(file));
            }
            incoming.discard();
            // Personal values in it were erased meanwhile: what it is now.
            let again = self.list(before.clone())?;
            let name = file.name.clone();
            match again.files.into_iter().find(|again| again.name == name) {
                Some(again) => file = again,
                None if name.starts_with("attachments/") => return Ok(None),
                None => return Err(self.odd(format!("{name} is gone"))),
            }
        }
        Err(Failure::Nothing(format!(
            "{} does not come as the daemon announces it; run `workorderd verify` on its data folder. The back-up that was there is as it was",
            file.name
        )))
    }

    fn odd(&self, problem: String) -> Failure {
        let path = self.session.path().to_owned();
        Failure::Client(ClientError::Protocol { path, reason: format!("the daemon's back-up is not as expected: {problem}") })
    }

    /// On a terminal alone.
    fn report(&mut self, name: &str) -> Result<(), Failure> {
        if self.session.console.terminal.is_none() || self.told.is_some_and(|told| told.elapsed() < REPORT_EVERY) {
            return Ok(());
        }
        let text =
            format!("\r\x1b[K{name} of {} segments, {} fetched, {} there already", self.segments, size(self.fetched.1), size(self.kept.1));
        self.session.console.err.write_all(text.as_bytes())?;
        self.session.console.err.flush()?;
        self.told = Some(Instant::now());
        Ok(())
    }
}

/// `3.4 MiB`.
fn size(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let unit = (bytes.max(1).ilog2() / 10).min(4) as usize;
    if unit == 0 {
        return format!("{bytes} bytes");
    }
    let tenths = (u128::from(bytes) * 10) >> (10 * unit);
    format!("{}.{} {}", tenths / 10, tenths % 10, units[unit])
}
