//! The largest that can be defined is taken, survives export and is shown; what is larger is refused with the limit. And what stays
//! behind when something is taken away applies again.

use crate::definitions_export::{catalogue, there_and_back};
use workorderd::domain::definition::{Catalogue, CatalogueCommand};
use workorderd::domain::ids::Name;
use workorderd::domain::rejection::Rejection;
use workorderd::settings::definitions::{parse, write};

const FORM: &str = "[[form]]\nname = \"small\"\n[[form.field]]\nname = \"floor\"\nkind = \"number\"\n";

fn nodes(count: usize, when: &str) -> String {
    let node =
        |n| format!("[[process.node]]\nname = \"n{n}\"\nkind = \"task\"\nremind_after = \"{}m\"\nform = \"small\"\nwhen = {when}\n", n + 1);
    format!("{FORM}[[process]]\nname = \"long\"\n{}", (0..count).map(node).collect::<String>())
}

fn fields(count: usize) -> String {
    let field = |n| format!("[[form.field]]\nname = \"x{n}\"\nkind = \"choices\"\nchoices = [\"a\", \"b\"]\nmin = 1\n");
    format!("[[form]]\nname = \"broad\"\n{}", (0..count).map(field).collect::<String>())
}

/// Joins in joins, a test at the bottom.
fn deep(joins: usize) -> String {
    let open: String = (0..joins).map(|n| ["{ not = ", "{ any = [", "{ all = ["][n % 3]).collect();
    let close: String = (0..joins).rev().map(|n| [" }", "] }", "] }"][n % 3]).collect();
    format!("{open}{{ field = \"floor\", more = 1 }}{close}")
}

fn files(text: String) -> Vec<(String, String)> {
    vec![("a.toml".to_owned(), text)]
}

#[test]
fn the_largest_of_everything_survives_export() {
    for text in [nodes(100, &deep(15)), fields(1_000), format!("{}{}", fields(1_000).replace("broad", "broader"), nodes(100, "[]"))] {
        there_and_back(&catalogue(&files(text)).definitions());
    }
    // So many that they need several files.
    let many = (0..60).map(|n| (format!("{n}.toml"), fields(300).replace("broad", &format!("broad-{n:02}"))));
    let definitions = catalogue(&many.collect::<Vec<_>>()).definitions();
    let exported = write::files(&definitions);
    assert!(parse(&exported).expect("good") == definitions);
    assert!(exported.len() > 3, "{:?}", exported.iter().map(|(name, text)| (name, text.len())).collect::<Vec<_>>());
}

#[test]
fn what_is_larger_is_refused_with_the_limit() {
    for (text, limit) in [
        (nodes(101, "[]"), "has 101 nodes, at most 100 are allowed"),
        (fields(1_001), "has 1001 fields, at most 1000 are allowed"),
        (nodes(1, &deep(16)), "conditions are nested more than 16 deep"),
        (nodes(1, &deep(31)), "conditions are nested more than 16 deep"),
        // Deeper than the TOML reader goes: it is the one that says so.
        (nodes(1, &deep(100)), "recurs"),
        (nodes(1, &deep(50_000)), "recurs"),
    ] {
        let problems = parse(&files(text)).expect_err(limit);
        assert!(problems.iter().any(|p| p.problem.contains(limit) && p.line > 0), "{limit}: {:?}", problems.first());
    }
}

fn done(catalogue: &mut Catalogue, command: &CatalogueCommand) -> Result<(), Rejection> {
    for event in catalogue.decide(command)? {
        catalogue.evolve(&event);
    }
    Ok(())
}

#[test]
fn a_type_whose_form_others_need_is_not_deleted_so_that_what_is_left_applies_again() {
    let two = "[[record_type]]\nname = \"a\"\nnumber = \"A-{counter}\"\nprocess = \"p\"\nform = \"small\"\n\
               [[record_type]]\nname = \"b\"\nnumber = \"B-{counter}\"\nprocess = \"p\"\n\
               [[process]]\nname = \"p\"\n[[process.node]]\nname = \"n\"\nkind = \"task\"\nwhen = { field = \"floor\", more = 1 }\n";
    let mut catalogue = catalogue(&files(format!("{FORM}{two}")));
    let [a, b] = ["a", "b"].map(|name| Name::new(name).expect("name"));
    for name in [&a, &b] {
        done(&mut catalogue, &CatalogueCommand::RetireRecordType(name.clone())).expect("retired");
    }
    let refused = done(&mut catalogue, &CatalogueCommand::DeleteRecordType(a.clone())).expect_err("needed");
    assert_eq!(
        refused.to_string(),
        "the record type a cannot be deleted: the process p looks at the field floor, which only the form of this record type asks"
    );
    for name in [b, a] {
        done(&mut catalogue, &CatalogueCommand::DeleteRecordType(name)).expect("deleted");
        there_and_back(&catalogue.definitions());
    }
}
