//! A problem in a definition file: where it stands, what is wrong, what would be right.
//!
//! Keeps the number of kept problems of one file bounded, so that a file full of rubbish cannot fill the memory.

use serde::Serialize;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Most problems that are kept of one file; of the rest only the number is told.
pub const PROBLEMS_PER_FILE: usize = 100;

/// One problem, with its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file, as it was named by whoever gave the text.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// What it is about, for example `process.repair.node[3].handlers`; nodes and the like are counted from 1.
    /// Empty where it is about the file as a whole.
    pub key: String,
    /// A lower-case fragment that says what is wrong.
    pub problem: String,
    /// What would be right, where that can be told.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.problem)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

/// A place in a file that a problem can be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    pub line: u32,
    pub key: String,
}

impl Place {
    /// The same place, one key further in.
    pub fn key(&self, key: &str) -> Self {
        let key = if self.key.is_empty() { key.to_owned() } else { format!("{}.{key}", self.key) };
        Self { key, ..self.clone() }
    }
}

/// A key that the reader knows, in a table of a kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownKey {
    /// For example `process.node`; empty at the top of a file.
    pub table: String,
    /// What the table says under `kind`; empty where it says nothing.
    pub kind: String,
    pub key: &'static str,
    /// Whether it stood there, in any such table.
    pub there: bool,
}

/// Collects problems while files are read.
#[derive(Debug, Default)]
pub struct Sink {
    files: RefCell<BTreeMap<String, Kept>>,
    /// Collected only where it is asked for.
    keys: Option<RefCell<Keys>>,
}

/// By (table, kind, key): whether it stood there.
type Keys = BTreeMap<(String, String, &'static str), bool>;

#[derive(Debug, Default)]
struct Kept {
    problems: Vec<Problem>,
    left_out: usize,
}

impl Sink {
    /// One that also collects which keys the reader knows.
    pub fn of_keys() -> Self {
        Self { keys: Some(RefCell::default()), ..Self::default() }
    }

    /// Notes the keys that are known in a table, if they are collected.
    pub fn note(&self, table: &str, kind: Option<&str>, keys: &BTreeSet<&'static str>, there: impl Fn(&str) -> bool) {
        if let Some(known) = &self.keys {
            for key in keys {
                *known.borrow_mut().entry((table.to_owned(), kind.unwrap_or_default().to_owned(), key)).or_default() |= there(key);
            }
        }
    }

    /// All keys that were noted, in order.
    pub fn keys(&self) -> Vec<KnownKey> {
        let known = self.keys.iter().flat_map(|known| known.borrow().clone());
        known.map(|((table, kind, key), there)| KnownKey { table, kind, key, there }).collect()
    }

    /// Takes a problem without a hint.
    pub fn report(&self, place: &Place, problem: impl Into<String>) {
        self.put(place, problem.into(), None);
    }

    /// Takes a problem with a hint.
    pub fn report_with(&self, place: &Place, problem: impl Into<String>, hint: impl Into<String>) {
        self.put(place, problem.into(), Some(hint.into()));
    }

    /// Takes a problem with a hint that may be missing.
    pub fn put(&self, place: &Place, problem: String, hint: Option<String>) {
        let mut files = self.files.borrow_mut();
        let kept = files.entry(place.file.clone()).or_default();
        if kept.problems.len() < PROBLEMS_PER_FILE {
            kept.problems.push(Problem { file: place.file.clone(), line: place.line, key: place.key.clone(), problem, hint });
        } else {
            kept.left_out += 1;
        }
    }

    /// Whether no more problems of a file are kept, so that there is no use in looking for more.
    pub fn is_full(&self, file: &str) -> bool {
        self.files.borrow().get(file).is_some_and(|kept| kept.problems.len() >= PROBLEMS_PER_FILE)
    }

    /// All problems, sorted by file and line.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut all = Vec::new();
        for (file, mut kept) in self.files.into_inner() {
            kept.problems.sort();
            kept.problems.dedup();
            let line = kept.problems.last().map_or(1, |p| p.line);
            all.append(&mut kept.problems);
            if kept.left_out > 0 {
                let problem = format!("{} further problems of this file are not shown", kept.left_out);
                all.push(Problem { file, line, key: String::new(), problem, hint: None });
            }
        }
        all
    }
}
