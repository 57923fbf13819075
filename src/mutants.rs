//! Defects of one line that are put in on purpose, to see that the tests find them: `tests/it/mutants.rs` names for each the test it
//! must die by. In builds with the feature `mutants` alone; `WO_MUTANT` says which one is on. In any other build `mutant!` is `false`.

use std::sync::OnceLock;

/// Panics if the file that `WO_PANIC_FILE` names says that the rules of this command do: a defect that comes and goes while the
/// daemon runs.
#[expect(clippy::panic, reason = "what it is for")]
pub fn panic_in(command: &str) {
    static FILE: OnceLock<Option<std::path::PathBuf>> = OnceLock::new();
    let file = FILE.get_or_init(|| std::env::var_os("WO_PANIC_FILE").map(Into::into));
    let named = file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
    if named.is_some_and(|named| named.trim() == command) {
        panic!("the rules of {command} panic");
    }
}

/// Whether that mutant is the one of this process.
pub fn on(name: &str) -> bool {
    static WHICH: OnceLock<Option<String>> = OnceLock::new();
    WHICH.get_or_init(|| std::env::var("WO_MUTANT").ok()).as_deref() == Some(name)
}
