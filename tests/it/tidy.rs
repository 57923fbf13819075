//! Holds the code to the floors of the front page: who may import whom, which crates are named where, and how files look.
//! What is checked is the text of the files; a new module must be given its floor here first.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Module, modules of this crate it may import, crates that are named in it alone (besides std, serde, thiserror, tracing).
const FLOORS: &[(&str, &[&str])] = &[
    // Defects put in on purpose; its macro stands everywhere and is `false`.
    ("mutants", &[]),
    ("domain", &[]),
    ("engine", &["domain", "mutants"]),
    ("journal", &[]),
    ("codec", &["domain"]),
    ("protocol", &[]),
    ("settings", &["domain"]),
    ("store", &["domain", "codec"]),
    ("mail", &["domain", "engine"]),
    ("gateway", &[]),
    ("runtime", &["domain", "engine", "journal", "codec", "settings", "store", "mail", "gateway"]),
    ("client", &["protocol"]),
    // Besides the table of floors: `journal` for the head that readers and watchers go by, `settings` for definitions sent as files.
    ("control", &["domain", "engine", "protocol", "runtime", "journal", "settings"]),
    ("cli", &["client", "protocol"]),
    ("portal", &["client", "protocol"]),
    ("bench", &["client", "protocol", "cli", "journal", "control", "runtime"]),
    ("verify", &["domain", "codec", "journal", "runtime"]),
    ("archive", &["protocol", "codec", "journal", "runtime"]),
    // `control` for its sentences.
    ("salvage", &["domain", "codec", "journal", "runtime", "control"]),
    ("demo", &["client", "protocol", "verify", "settings", "mail"]),
    ("torture", &["client", "protocol", "verify"]),
    (
        "daemon",
        &[
            "domain", "engine", "protocol", "runtime", "control", "settings", "mail", "gateway", "verify", "archive", "salvage", "demo",
            "torture", "journal",
        ],
    ),
];

/// Crates that may be named in these modules alone.
const NAMED_ONLY: &[(&str, &[&str])] = &[
    ("sled", &["store"]),
    ("bincode", &["codec"]),
    ("lettre", &["mail"]),
    ("config", &["settings"]),
    ("actix", &["runtime"]),
    ("actix_rt", &["runtime", "daemon"]),
    ("sd_notify", &["daemon"]),
    ("clap", &["cli", "portal", "daemon", "bench", "torture"]),
    ("hyper", &["portal", "gateway"]),
    ("quick_xml", &["gateway"]),
    ("ring", &["gateway"]),
    ("tokio_rustls", &["gateway"]),
    ("rustls_native_certs", &["gateway"]),
    ("maud", &["portal", "cli", "verify"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli", "daemon"]),
    ("ratatui", &["cli"]),
    ("calamine", &["cli"]),
    ("encoding_rs", &["cli"]),
    ("indicatif", &["cli"]),
    ("krilla", &["cli"]),
    ("harfrust", &["cli"]),
    ("skrifa", &["cli"]),
    ("signal_hook", &["cli"]),
    ("tokio", &["runtime", "control", "mail", "gateway", "demo", "portal", "daemon", "bench"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn files(folder: &str) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    rust_files(&root().join(folder), &mut paths);
    let name = |p: &PathBuf| p.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
    paths.iter().map(|p| (name(p), std::fs::read_to_string(p).unwrap())).collect()
}

fn module_of(file: &str) -> &str {
    let inner = file.strip_prefix("src/").unwrap_or(file);
    inner.split('/').next().unwrap().trim_end_matches(".rs")
}

/// Code without comments and doc comments, so that prose may name what it likes.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Words that follow `prefix` in the code.
fn named_after<'a>(code: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let word = |rest: &'a str| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("");
    code.match_indices(prefix).map(|(at, _)| word(&code[at + prefix.len()..])).filter(|w| !w.is_empty()).collect()
}

#[test]
fn every_module_imports_only_from_floors_below_it() {
    let mut wrong = Vec::new();
    for (file, text) in files("src") {
        let module = module_of(&file);
        if matches!(module, "lib" | "bin") {
            continue;
        }
        let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{file}: module {module} has no floor"));
            continue;
        };
        let code = code(&text);
        let mut imported = named_after(&code, "crate::");
        // `use crate::{a, b}` names several.
        for list in code.split("use crate::{").skip(1) {
            let list = list.split("};").next().unwrap_or("");
            imported.extend(
                list.split(',')
                    .map(|item| item.trim().split("::").next().unwrap_or("").trim())
                    .filter(|w| FLOORS.iter().any(|(n, _)| n == w)),
            );
        }
        for import in imported {
            if import != module && FLOORS.iter().any(|(name, _)| *name == import) && !allowed.contains(&import) {
                wrong.push(format!("{file}: {module} imports {import}, which is not below it"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn crates_are_named_only_where_they_belong() {
    let mut wrong = Vec::new();
    for (file, text) in files("src") {
        let (module, code) = (module_of(&file), code(&text));
        for (krate, modules) in NAMED_ONLY {
            let named = code.contains(&format!("use {krate}::"))
                || code
                    .match_indices(&format!("{krate}::"))
                    .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
            if named && !modules.contains(&module) && module != "bin" {
                wrong.push(format!("{file}: names {krate}, which belongs to {}", modules.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn only_the_clock_reads_time_where_rules_are_near() {
    let mut wrong = Vec::new();
    for (file, text) in files("src") {
        let below = matches!(module_of(&file), "domain" | "engine" | "journal" | "codec" | "store" | "mail" | "settings" | "runtime");
        let reads = ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"].iter().any(|call| code(&text).contains(call));
        if below && reads && file != "src/runtime/clock.rs" {
            wrong.push(file);
        }
    }
    assert!(wrong.is_empty(), "these read the clock: {wrong:?}");
}

#[test]
fn every_file_says_what_it_is_for_and_is_not_too_long() {
    let mut wrong = Vec::new();
    for (file, text) in files("src").into_iter().chain(files("tests")) {
        if !text.starts_with("//! ") {
            wrong.push(format!("{file}: does not open with `//!`"));
        }
        let lines = text.lines().count();
        if lines > 500 {
            wrong.push(format!("{file}: {lines} lines"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn commands_and_events_are_matched_in_full() {
    let rules = [
        "decide.rs",
        "evolve.rs",
        "deadline.rs",
        "reaction.rs",
        "door.rs",
        "assign.rs",
        "accept.rs",
        "task.rs",
        "confirm.rs",
        "evaluate.rs",
        "follow_up.rs",
        "node.rs",
    ];
    let mut wrong = Vec::new();
    for (file, text) in files("src/domain") {
        let name = file.rsplit('/').next().unwrap();
        if rules.contains(&name) && code(&text).lines().any(|line| line.trim_start().starts_with("_ =>")) {
            wrong.push(file);
        }
    }
    assert!(wrong.is_empty(), "`_ =>` hides a new variant in {wrong:?}");
}
