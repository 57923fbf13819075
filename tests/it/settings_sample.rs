//! The sample that ships: it is good, and what it defines is what its comments promise.

use workorderd::domain::definition::{HandlerSpec, NodeSpec, Process};
use workorderd::domain::process::evaluate::Method;
use workorderd::domain::time::Span;
use workorderd::settings::definitions::parse;

/// The files in `config/definitions`.
pub fn sample() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/config/definitions");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("config/definitions")
        .map(|entry| entry.expect("entry").path())
        .map(|path| (path.file_name().expect("name").to_string_lossy().into_owned(), std::fs::read_to_string(&path).expect("text")))
        .collect();
    files.sort();
    files
}

fn kinds(process: &Process) -> Vec<&'static str> {
    process.nodes.iter().map(|n| n.spec.kind()).collect()
}

#[test]
fn the_shipped_sample_is_good() {
    let d = parse(&sample()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let counts =
        [d.record_types.len(), d.processes.len(), d.templates.len(), d.rules.as_ref().unwrap().len(), d.messages.len(), d.roles.len()];
    assert_eq!(counts, [4, 4, 2, 2, 6, 4]);
    assert_eq!(d.follow_up_rules.as_ref().unwrap().len(), 2);
    assert!(d.plug_ins.iter().all(|plug_in| plug_in.on && plug_in.name.as_str() == "follow-up"));
    assert_eq!(d.assignment_rules.as_ref().unwrap().len(), 1);
    let names: Vec<_> = d.record_types.iter().map(|t| (t.name.as_str(), t.title.text("en"), t.process.as_str())).collect();
    assert_eq!(
        names,
        [
            ("repair", "Repair", "repair"),
            ("installation", "Installation", "installation"),
            ("service-ticket", "IT help desk", "service-ticket"),
            ("maintenance", "Maintenance", "maintenance")
        ]
    );
    assert_eq!(kinds(&d.processes[0]), ["assign", "accept", "task", "confirm", "evaluate"]);
    assert_eq!(kinds(&d.processes[1]), ["assign", "accept", "on-site", "evaluate"]);
    assert_eq!(kinds(&d.processes[2]), ["assign", "task", "confirm"]);
    assert_eq!(kinds(&d.processes[3]), ["assign", "accept", "task", "task", "evaluate", "follow-up"]);
    for message in &d.messages {
        assert_eq!(message.wordings.iter().map(|w| &*w.language).collect::<Vec<_>>(), ["en", "zh"], "{}", message.name);
    }
}

#[test]
fn the_sample_repair_is_evaluated_by_rules_and_urgent_ones_must_be() {
    let d = parse(&sample()).expect("good");
    let repair = &d.processes[0].nodes;
    assert!(matches!(&repair[0].spec, NodeSpec::Assign(s) if s.to_group && s.straight));
    assert!(matches!(&repair[1].spec, NodeSpec::Accept(s) if s.may_decline && s.may_transfer && !s.beyond_group));
    assert_eq!(repair[3].limits.auto_complete_after, Some(Span::days(14)));
    assert_eq!(repair[3].handlers, [HandlerSpec::Submitter]);
    assert!(matches!(&repair[4].spec, NodeSpec::Evaluate(s) if s.method == Method::Rules && s.skip && s.link_ends_after == Span::days(30)));
    assert_eq!(repair[4].limits.auto_complete_after, Some(Span::days(7)));
    let rules: Vec<_> = d.rules.iter().flatten().map(|r| (r.name.as_str(), r.precedence, r.mandatory, r.qr, r.recipients.len())).collect();
    assert_eq!(rules, [("urgent-repairs", 10, true, true, 1), ("everything-else", 100, false, false, 1)]);
}

#[test]
fn the_order_of_files_does_not_matter() {
    let mut files = sample();
    let one = parse(&files).expect("good");
    files.reverse();
    assert_eq!(parse(&files).expect("good"), one);
}
