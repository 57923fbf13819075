//! No mutated file makes the reader panic, and every problem names a place that exists.

use super::settings_sample::sample;
use proptest::prelude::*;
use workorderd::settings::definitions::parse;

/// Pieces that mean something to TOML or to the format.
const PIECES: [&str; 26] = [
    "\"",
    "'",
    "\"\"\"",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    "#",
    "#URL#",
    "\n",
    ",",
    ".",
    "\\u0000",
    "名",
    "\u{301}",
    "\0",
    "\r",
    "name",
    "-1",
    "1e999",
    "99999999999999999999",
    "true",
    "[[process.node]]\n",
];

#[derive(Debug, Clone)]
enum Change {
    Delete { at: prop::sample::Index, length: usize },
    Insert { at: prop::sample::Index, piece: usize },
    Copy { from: prop::sample::Index, length: usize, to: prop::sample::Index },
    SwapLines { a: prop::sample::Index, b: prop::sample::Index },
    DropLine { at: prop::sample::Index },
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), 1..40usize).prop_map(|(at, length)| Change::Delete { at, length }),
        (at(), 0..PIECES.len()).prop_map(|(at, piece)| Change::Insert { at, piece }),
        (at(), 1..300usize, at()).prop_map(|(from, length, to)| Change::Copy { from, length, to }),
        (at(), at()).prop_map(|(a, b)| Change::SwapLines { a, b }),
        at().prop_map(|at| Change::DropLine { at }),
    ]
}

fn apply(text: &str, change: &Change) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let mut lines: Vec<&str> = text.lines().collect();
    if chars.is_empty() || lines.is_empty() {
        return "[[".to_owned();
    }
    match change {
        Change::Delete { at, length } => {
            let at = at.index(chars.len());
            chars.drain(at..(at + length).min(chars.len()));
        }
        Change::Insert { at, piece } => {
            let at = at.index(chars.len());
            chars.splice(at..at, PIECES[*piece].chars());
        }
        Change::Copy { from, length, to } => {
            let (from, to) = (from.index(chars.len()), to.index(chars.len()));
            let piece: Vec<char> = chars[from..(from + length).min(chars.len())].to_vec();
            chars.splice(to..to, piece);
        }
        Change::SwapLines { a, b } => {
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
            return lines.join("\n");
        }
        Change::DropLine { at } => {
            lines.remove(at.index(lines.len()));
            return lines.join("\n");
        }
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutated_file_makes_the_reader_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 1..6)) {
        let mut files = sample();
        for (file, change) in &changes {
            let file = file.index(files.len());
            files[file].1 = apply(&files[file].1, change);
        }
        if let Err(problems) = parse(&files) {
            prop_assert!(!problems.is_empty());
            for problem in &problems {
                let (_, text) = files.iter().find(|(name, _)| *name == problem.file).expect("a file that was given");
                prop_assert!(problem.line >= 1 && problem.line as usize <= text.split('\n').count(), "{problem}");
                prop_assert!(!problem.problem.is_empty());
            }
            let places: Vec<_> = problems.iter().map(|p| (&p.file, p.line)).collect();
            prop_assert!(places.is_sorted(), "{places:?}");
        }
    }

    #[test]
    fn no_text_at_all_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = parse(&[("x.toml".to_owned(), text)]);
    }
}

#[test]
fn deep_nesting_and_long_chains_do_not_overflow() {
    let deep = format!("a = {}", "[".repeat(500_000));
    assert!(parse(&[("x.toml".to_owned(), deep)]).is_err());
    let dotted = format!("{}a = 1", "a.".repeat(300_000));
    assert!(parse(&[("x.toml".to_owned(), dotted)]).is_err());
    let chain: String = (0..1_000).map(|n| format!("[[role]]\nname = \"r{n}\"\nincludes = [\"r{}\"]\n", (n + 1) % 1_000)).collect();
    let problems = parse(&[("x.toml".to_owned(), chain)]).expect_err("a circle of a thousand");
    assert_eq!(problems.len(), 1, "{problems:?}");
    let many: String = (0..1_500).map(|n| format!("[[role]]\nname = \"r{n}\"\n")).collect();
    let problems = parse(&[("x.toml".to_owned(), many)]).expect_err("more than a thousand");
    assert_eq!(problems[0].to_string(), "x.toml:2001: role[1001]: there are more than 1000 definitions of the kind role");
}
