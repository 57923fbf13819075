//! Defects of one line that are put in on purpose, to see that the tests find them: `tests/it/mutants.rs` names for each the test it
//! must die by. In builds with the feature `mutants` alone; `WO_MUTANT` says which one is on. In any other build `mutant!` is `false`.

use std::sync::OnceLock;

/// Whether that mutant is the one of this process.
pub fn on(name: &str) -> bool {
    static WHICH: OnceLock<Option<String>> = OnceLock::new();
    WHICH.get_or_init(|| std::env::var("WO_MUTANT").ok()).as_deref() == Some(name)
}
