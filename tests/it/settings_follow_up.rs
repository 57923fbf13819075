//! Bad follow-up rules, nodes and plug-ins, and exactly what is said about them; and what one file says beside another.

use workorderd::domain::definition::{Catalogue, CatalogueCommand, Definitions};
use workorderd::settings::definitions::{Surroundings, parse, parse_into};

const BASE: &str = r#"
[[evaluation_template]]
name = "rating"
[[evaluation_template.field]]
name = "stars"
kind = "stars-5"
"#;

fn problems(text: &str) -> Vec<String> {
    let files = [("base.toml", BASE), ("x.toml", text)].map(|(name, text)| (name.to_owned(), text.to_owned()));
    match parse(&files) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

/// A process whose one node has these lines.
fn node(lines: &str) -> String {
    format!("[[process]]\nname = \"p\"\n[[process.node]]\nname = \"call\"\nkind = \"follow-up\"\n{lines}")
}

#[test]
fn a_rule_names_a_template_and_a_person_or_a_rotation() {
    let rule = |lines: &str| format!("[[follow_up_rule]]\nname = \"r\"\nprecedence = 1\n{lines}");
    for (lines, said) in [
        ("template = \"rating\"\nperson = \"小李\"\n", &[][..]),
        ("template = \"rating\"\nrotation = \"热线\"\n", &[]),
        (
            "template = \"rating\"\n",
            &[
                "x.toml:1: follow_up_rule.r: nobody is named to follow up (write person = \"ID\" for a staff user, or rotation = \"ID\" for the service group that takes turns)",
            ],
        ),
        (
            "template = \"rating\"\nperson = \"mei\"\nrotation = \"hotline\"\n",
            &["x.toml:6: follow_up_rule.r.rotation: person names somebody already (leave one of the two out)"],
        ),
        (
            "template = \"ratings\"\nperson = \"mei\"\n",
            &["x.toml:4: follow_up_rule.r.template: there is no evaluation template \"ratings\" (did you mean rating?)"],
        ),
        ("template = \"rating\"\nperson = \"m e i\"\n", &["x.toml:5: follow_up_rule.r.person: the name of a staff user"]),
    ] {
        let found = problems(&rule(lines));
        assert_eq!(found.len(), said.len(), "{lines}: {found:?}");
        for (found, said) in found.iter().zip(said) {
            assert!(found.starts_with(said), "{lines}: {found:?}");
        }
    }
    let two = format!(
        "{}person = \"a\"\ntemplate = \"rating\"\n[[follow_up_rule]]\nname = \"s\"\nprecedence = 1\nperson = \"b\"\ntemplate = \"rating\"\n",
        rule("")
    );
    assert!(problems(&two)[0].contains("two rules have the precedence 1"), "{:?}", problems(&two));
}

#[test]
fn a_node_has_the_keys_of_its_method_and_labels_of_its_own_buttons() {
    for (lines, said) in [
        ("", None),
        ("method = \"standard\"\ntemplate = \"rating\"\nperson = \"mei\"\n", None),
        ("labels = { submit = { en = \"Done\", zh = \"完成\" }, attempt = \"x\" }\nauto_complete_after = \"1d\"\n", None),
        ("method = \"standard\"\nperson = \"mei\"\n", Some("template")),
        ("method = \"standard\"\ntemplate = \"rating\"\n", Some("person")),
        ("template = \"rating\"\n", Some("template belongs to the method \"standard\"")),
        ("person = \"mei\"\n", Some("person belongs to the method \"standard\"")),
        ("method = \"qr-code\"\n", Some("there is no method \"qr-code\" (known are rules, standard)")),
        ("skip = false\n", Some("a node of the kind follow-up has no such key (it belongs to nodes of the kind evaluate)")),
        ("mandatory = true\n", Some("a node of the kind follow-up has no such key")),
        ("form = \"f\"\n", Some("a node of the kind follow-up has no such key")),
        ("labels = { skip = \"x\" }\n", Some("labels.skip: unknown key")),
        ("labels = \"x\"\n", Some("expected a table")),
        ("labels = { submit = 3 }\n", Some("labels.submit")),
    ] {
        let found = problems(&node(lines));
        match said {
            None => assert_eq!(found, [""; 0], "{lines}"),
            Some(said) => assert!(found.len() == 1 && found[0].contains(said), "{lines}: {found:?}"),
        }
    }
}

#[test]
fn a_question_takes_one_to_ten_photos() {
    let question = |lines: &str| {
        format!("[[evaluation_template]]\nname = \"t\"\n[[evaluation_template.field]]\nname = \"a\"\nkind = \"photos\"\n{lines}")
    };
    for (lines, said) in [
        ("", None),
        ("max = 1\nrequired = true\n", None),
        ("max = 10\n", None),
        ("max = 0\n", Some("x.toml:6: evaluation_template.t.field[1].max: a question cannot take 0 photos (1 to 10 are possible)")),
        ("max = 11\n", Some("a question cannot take 11 photos")),
        ("max = -1\n", Some("a question cannot take -1 photos")),
        ("max = \"3\"\n", Some("max: expected a")),
        ("options = [\"x\"]\n", Some("only fields of the kind choice have options")),
        ("[[evaluation_template.field]]\nname = \"b\"\nkind = \"text\"\nmax = 3\n", Some("only fields of the kind photos have a max")),
    ] {
        let found = problems(&question(lines));
        match said {
            None => assert_eq!(found, [""; 0], "{lines}"),
            Some(said) => assert!(found.len() == 1 && found[0].contains(said), "{lines}: {found:?}"),
        }
    }
}

#[test]
fn a_plug_in_is_known_and_said_once() {
    assert_eq!(problems("[plug_ins]\nfollow_up = false\n"), [""; 0]);
    for (text, said) in [
        ("[plug_ins]\nfollowup = true\n", "plug_ins.followup: unknown key (did you mean follow_up?)"),
        ("[plug_ins]\nfollow_up = \"yes\"\n", "plug_ins.follow_up"),
        ("plug_ins = true\n", "expected a table"),
        ("[[plug_ins]]\nfollow_up = true\n", "expected a table"),
    ] {
        let found = problems(text);
        assert!(found.len() == 1 && found[0].contains(said), "{text}: {found:?}");
    }
    let files = ["a.toml", "b.toml"].map(|name| (name.to_owned(), "plug_ins.follow_up = true\n".to_owned()));
    let found: Vec<String> = parse(&files).unwrap_err().iter().map(ToString::to_string).collect();
    assert!(found.len() == 1 && found[0].starts_with("b.toml:1: plug_ins.follow_up: another file says it as well"), "{found:?}");
}

fn applied(catalogue: &mut Catalogue, text: &str) -> Definitions {
    let there = catalogue.definitions();
    let surroundings = Surroundings { there: &there, service_ticket_types: 15 };
    let wanted = parse_into(&[("x.toml".to_owned(), text.to_owned())], &surroundings).unwrap();
    let difference = catalogue.difference(&wanted);
    for event in catalogue.decide(&CatalogueCommand::ApplyDefinitions(Box::new(wanted))).unwrap_or_default() {
        catalogue.evolve(&event);
    }
    difference
}

#[test]
fn what_files_do_not_say_of_the_plug_in_and_of_the_rules_stays() {
    let mut catalogue = Catalogue::default();
    assert!(!catalogue.is_on("follow-up"), "off until enabled");
    applied(&mut catalogue, BASE);
    assert!(!catalogue.is_on("follow-up"));
    applied(
        &mut catalogue,
        "[plug_ins]\nfollow_up = true\n[[follow_up_rule]]\nname = \"r\"\nprecedence = 1\ntemplate = \"rating\"\nperson = \"小李\"\n",
    );
    assert!(catalogue.is_on("follow-up") && catalogue.follow_up_rules().len() == 1);
    assert!(applied(&mut catalogue, "[[form]]\nname = \"f\"\n[[form.field]]\nname = \"x\"\nkind = \"text\"\n").plug_ins.is_empty());
    assert!(applied(&mut catalogue, "[plug_ins]\n").is_empty(), "without a word of it, it stays as it is");
    assert!(catalogue.is_on("follow-up") && catalogue.follow_up_rules().len() == 1);
    assert_eq!(applied(&mut catalogue, "plug_ins.follow_up = false\n").plug_ins.len(), 1);
    assert!(!catalogue.is_on("follow-up"));
    applied(&mut catalogue, "follow_up_rule = []\n");
    assert_eq!(catalogue.follow_up_rules().len(), 0);
    let versions = catalogue.list().into_iter().find(|listed| listed.kind == "plug-in").map(|listed| listed.versions);
    assert_eq!(versions, Some(2), "each switch is a version");
}
