//! What becomes of a data folder elsewhere: a back-up put in place, and everything as lines of text, out and in again.
//! Keeps: a folder that is being made has another name until it is whole and proven; nothing partial stays.

mod building;
mod export;
mod import;
mod line;
mod prove;
mod restore;

pub use building::BuildingError;
pub use export::{ExportError, export, export_journal, export_to, first_lines, last_line};
pub use import::{ImportError, import, import_from, import_journal};
pub use line::{FORMAT, Line, VERSION};
pub use prove::ProveError;
pub use restore::{RestoreError, Restored, restore};

use std::path::Path;
use std::process::ExitCode;

/// `workorderd restore`.
pub fn restore_main(back_up: &Path, dir: &Path) -> ExitCode {
    match restore(back_up, dir) {
        Ok(restored) => {
            println!("restored {} files of installation {} into {}", restored.files, restored.installation, dir.display());
            if !restored.with_secret {
                println!("without the secret of links: links that customers have got do not open here, new ones do");
            }
            println!("sequence {}, head {}", restored.head.sequence, restored.head);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("workorderd: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `workorderd export`.
pub fn export_main(dir: &Path, file: Option<&Path>, with_secret: bool) -> ExitCode {
    match export(dir, file, with_secret) {
        Ok(exported) => {
            // Standard output may be the export itself.
            eprintln!("exported through sequence {}, head {}", exported.head.sequence, exported.head);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("workorderd: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `workorderd import`.
pub fn import_main(file: &Path, dir: &Path) -> ExitCode {
    match import(file, dir) {
        Ok((head, attachments)) => {
            println!("imported {} records and {attachments} attachments into {}", head.sequence, dir.display());
            println!("sequence {}, head {head}", head.sequence);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("workorderd: {error}");
            ExitCode::FAILURE
        }
    }
}
