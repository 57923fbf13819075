//! What becomes of a data folder elsewhere: a back-up put in place, and everything as lines of text, out and in again.
//! Keeps: a folder that is being made has another name until it is whole and proven; nothing partial stays.

mod building;
mod restore;

pub use building::BuildingError;
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
