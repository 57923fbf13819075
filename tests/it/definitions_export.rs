//! Export and back: files that are written from definitions apply to exactly the same, whatever these are.

use crate::settings_sample::sample;
use std::collections::BTreeSet;
use workorderd::domain::definition::{Catalogue, CatalogueCommand, Definitions, TypeState};
use workorderd::domain::ids::Name;
use workorderd::settings::KnownKey;
use workorderd::settings::definitions::{NODE_KINDS, keys, parse, write};

/// What is defined once these files are applied to nothing.
pub fn catalogue(files: &[(String, String)]) -> Catalogue {
    let mut catalogue = Catalogue::default();
    apply(&mut catalogue, files);
    catalogue
}

fn apply(catalogue: &mut Catalogue, files: &[(String, String)]) {
    let wanted = parse(files).unwrap_or_else(|problems| panic!("{problems:#?}"));
    for event in catalogue.decide(&CatalogueCommand::ApplyDefinitions(Box::new(wanted))).expect("something changes") {
        catalogue.evolve(&event);
    }
}

fn one(text: &str) -> Vec<(String, String)> {
    vec![("a.toml".to_owned(), text.to_owned())]
}

/// Fails with the first line that differs, and where it stands: all of it would be pages.
fn same(again: &Definitions, definitions: &Definitions) {
    if again == definitions {
        return;
    }
    let [again, wanted] = [again, definitions].map(|all| format!("{all:#?}").lines().map(ToOwned::to_owned).collect::<Vec<_>>());
    let at = again.iter().zip(&wanted).position(|(a, b)| a != b).unwrap_or(again.len().min(wanted.len()));
    let near = |lines: &[String]| lines[at.saturating_sub(30).min(lines.len())..(at + 3).min(lines.len())].join("\n");
    panic!("read again:\n{}\n\nwas:\n{}", near(&again), near(&wanted));
}

/// Exports, reads again, and exports that: both the definitions and the text stay.
pub fn there_and_back(definitions: &Definitions) -> Vec<(String, String)> {
    let files = write::files(definitions);
    let again = parse(&files).unwrap_or_else(|problems| panic!("{problems:#?}\n{files:#?}"));
    same(&again, definitions);
    assert!(write::files(&again) == files);
    let alone = parse(&one(&write::one_file(definitions))).unwrap_or_else(|problems| panic!("{problems:#?}"));
    same(&alone, definitions);
    files
}

fn helpdesk() -> Vec<(String, String)> {
    one(include_str!("../../config/definitions-helpdesk/helpdesk.toml"))
}

#[test]
fn the_samples_survive_export() {
    for files in [sample(), helpdesk()] {
        let catalogue = catalogue(&files);
        let exported = there_and_back(&catalogue.definitions());
        let difference = catalogue.difference(&parse(&exported).expect("good"));
        assert!(difference.is_empty(), "{difference:?}");
    }
}

#[test]
fn an_export_of_nothing_says_that_there_are_no_rules() {
    let files = there_and_back(&Catalogue::default().definitions());
    let said = [
        ("evaluation-rules.toml", "evaluation_rule = []\n"),
        ("assignment-rules.toml", "assignment_rule = []\n"),
        ("sharing-rules.toml", "sharing_rule = []\n"),
        ("follow-up-rules.toml", "follow_up_rule = []\n"),
    ];
    assert_eq!(files, said.map(|(file, text)| (file.to_owned(), text.to_owned())));
}

/// Every kind of field, of node, of condition, with everything that each can have.
const EVERYTHING: &str = include_str!("definitions_everything.toml");

/// What the reader knows. A condition is one wherever it stands and however deep, and a column is a field.
fn known(files: &[(String, String)]) -> Vec<KnownKey> {
    let mut known: Vec<KnownKey> = Vec::new();
    for mut one in keys(files) {
        if one.table.split('.').any(|key| key == "when") {
            one.table = "when".to_owned();
        }
        one.table = one.table.replace(".column", "");
        match known.iter_mut().find(|k| (&k.table, &k.kind, k.key) == (&one.table, &one.kind, one.key)) {
            Some(same) => same.there |= one.there,
            None => known.push(one),
        }
    }
    known
}

/// What the reader knows and these files do not hold: every key in some table of its sort, and what only some kinds have in each of them.
fn unsaid(files: &[(String, String)]) -> Vec<String> {
    let known = known(files);
    let mut unsaid = BTreeSet::new();
    for table in known.iter().map(|k| &k.table).collect::<BTreeSet<_>>() {
        let here: Vec<_> = known.iter().filter(|k| k.table == *table).collect();
        let kinds: BTreeSet<_> = here.iter().map(|k| &k.kind).collect();
        for key in here.iter().map(|k| k.key).collect::<BTreeSet<_>>() {
            let of: Vec<_> = here.iter().filter(|k| k.key == key).collect();
            if of.len() == kinds.len() && !of.iter().any(|k| k.there) {
                unsaid.insert(format!("{table}: {key}"));
            } else if of.len() < kinds.len() {
                unsaid.extend(of.iter().filter(|k| !k.there).map(|k| format!("{table} of the kind {}: {key}", k.kind)));
            }
        }
    }
    let kinds_of = |table: &str| known.iter().filter(|k| k.table == table).map(|k| k.kind.clone()).collect::<BTreeSet<_>>();
    for (table, all) in [("process.node", NODE_KINDS.as_slice()), ("form.field", &workorderd::domain::form::kind::NAMES)] {
        unsaid.extend(all.iter().filter(|kind| !kinds_of(table).contains(**kind)).map(|kind| format!("{table}: the kind {kind}")));
    }
    unsaid.into_iter().collect()
}

#[test]
fn everything_that_can_be_defined_survives_export() {
    assert_eq!(unsaid(&one(EVERYTHING)), [""; 0], "the sample of everything says everything");
    let files = there_and_back(&catalogue(&one(EVERYTHING)).definitions());
    assert_eq!(files.len(), write::KINDS.len(), "one file per kind: {:?}", files.iter().map(|(name, _)| name).collect::<Vec<_>>());
    // A role's rights are those of all roles that it includes.
    assert_eq!(unsaid(&files), ["role: includes"]);
}

#[test]
fn the_table_of_the_format_names_every_key() {
    let table = include_str!("../../src/settings/definitions/mod.rs");
    let unnamed: BTreeSet<_> = keys(&one(EVERYTHING)).into_iter().filter(|k| !k.table.is_empty()).map(|k| k.key).collect();
    let named = |key: &str| [format!("`{key}`"), format!(".{key}]]"), format!("{{ {key} = ")].iter().any(|said| table.contains(said));
    let unnamed: Vec<_> = unnamed.into_iter().filter(|key| !named(key)).collect();
    assert_eq!(unnamed, [""; 0]);
}

#[test]
fn where_types_stand_survives_export_and_deleted_ones_are_left_out() {
    let mut catalogue = catalogue(&sample());
    let name = |text: &str| Name::new(text).expect("name");
    for command in [
        CatalogueCommand::RetireRecordType(name("maintenance")),
        CatalogueCommand::RetireRecordType(name("installation")),
        CatalogueCommand::DeleteRecordType(name("installation")),
    ] {
        for event in catalogue.decide(&command).expect("taken") {
            catalogue.evolve(&event);
        }
    }
    let definitions = catalogue.definitions();
    there_and_back(&definitions);
    let stands = |name: &str| definitions.type_states.iter().find(|(named, _)| named.as_str() == name).map(|(_, state)| *state);
    let wanted = [Some(TypeState::Retired), Some(TypeState::Published), None];
    assert_eq!(["maintenance", "repair", "installation"].map(stands), wanted);
}

#[test]
fn an_empty_list_takes_the_last_rule_away_and_no_word_of_rules_leaves_them() {
    let mut catalogue = catalogue(&sample());
    let there = catalogue.rules().len();
    let without: Vec<_> = sample().into_iter().filter(|(name, _)| name != "evaluation.toml").collect();
    assert!(there > 0 && without.len() < sample().len());
    let quiet = parse(&one("[[form]]\nname = \"f\"\n[[form.field]]\nname = \"x\"\nkind = \"text\"\n")).expect("good");
    assert_eq!(quiet.rules, None);
    assert_eq!(catalogue.difference(&quiet).rules, None);
    apply(&mut catalogue, &one("evaluation_rule = []\n"));
    assert_eq!(catalogue.rules().len(), 0);
}
