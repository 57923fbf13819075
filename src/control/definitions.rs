//! The room of `org.workorderd.Definitions1`: files in, validated as a whole, versions out.

use super::desk::Visit;
use super::refuse;
use super::service::Outcome;
use crate::domain::aggregate::{Command, Key};
use crate::domain::definition::{CatalogueCommand, Definitions, Right};
use crate::engine::cell::Submission;
use crate::protocol::definitions as shape;
use crate::protocol::varlink::ErrorReply;
use crate::settings;

/// Answers a call.
pub async fn call(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    match visit.call.member() {
        "Apply" => apply(visit).await,
        _ => list(visit),
    }
}

async fn apply(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ChangeDefinitions)?;
    let p: shape::Apply = visit.parameters()?;
    let request = visit.request(&p.request_id)?;
    let files: Vec<(String, String)> = p.files.into_iter().map(|f| (f.path, f.text)).collect();
    let definitions = settings::definitions::parse(&files).map_err(|problems| {
        let count = problems.len();
        let problems = serde_json::to_value(problems).unwrap_or_default();
        ErrorReply::new("org.workorderd.InvalidDefinitions")
            .with("message", format!("{count} problem{} in the definition files; nothing was applied", if count == 1 { "" } else { "s" }))
            .with("problems", problems)
    })?;
    let changes = changes(&visit.desk.runtime.views().reference().catalogue.difference(&definitions));
    if p.dry_run == Some(true) {
        return Ok(Outcome::reply(&shape::Applied { changes, sequence: None }));
    }
    let command = Command::Catalogue(CatalogueCommand::ApplyDefinitions(Box::new(definitions)));
    let submission = Submission { command, principal: visit.principal.clone(), request: Some(request), expected_revision: None };
    let receipt = visit.desk.runtime.submit(&Key::Catalogue, submission).await.map_err(refuse::refusal)?;
    Ok(Outcome::reply(&shape::Applied { changes, sequence: Some(receipt.sequence as i64) }))
}

fn changes(difference: &Definitions) -> Vec<shape::Change> {
    let Definitions { forms, record_types, processes, templates, rules, messages, roles, assignment_rules } = difference;
    let change = |kind: &str, name: &crate::domain::ids::Name| shape::Change { kind: kind.into(), name: name.to_string() };
    let mut all = Vec::new();
    all.extend(forms.iter().map(|t| change("form", &t.name)));
    all.extend(record_types.iter().map(|t| change("record type", &t.name)));
    all.extend(processes.iter().map(|t| change("process", &t.name)));
    all.extend(templates.iter().map(|t| change("evaluation template", &t.name)));
    let rules = rules.as_ref().map(|rules| rules.iter().map(|r| &r.name).collect::<Vec<_>>());
    let assignment_rules = assignment_rules.as_ref().map(|rules| rules.iter().map(|r| &r.name).collect::<Vec<_>>());
    for (kind, names) in [("evaluation rule", rules), ("assignment rule", assignment_rules)] {
        match names {
            Some(names) if names.is_empty() => all.push(shape::Change { kind: format!("{kind}s"), name: "(none any more)".into() }),
            Some(names) => all.extend(names.into_iter().map(|name| change(kind, name))),
            None => {}
        }
    }
    all.extend(messages.iter().map(|t| change("message", &t.name)));
    all.extend(roles.iter().map(|t| change("role", &t.name)));
    all
}

fn list(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let list = visit.desk.runtime.views().reference().catalogue.list();
    let definitions = list.into_iter().map(|(kind, name, versions)| shape::Definition {
        kind: kind.into(),
        name: name.to_string(),
        versions: versions.into(),
    });
    Ok(Outcome::reply(&shape::Listed { definitions: definitions.collect() }))
}
