//! The room of `org.workorderd.Definitions1`: files in, validated as a whole, versions out, and back to files.

use super::desk::Visit;
use super::difference;
use super::preview;
use super::refuse::{self, slug};
use super::rules;
use super::service::Outcome;
use super::work_orders::{bounded, unreadable};
use crate::domain::aggregate::{Command, Key, State};
use crate::domain::definition::{Catalogue, CatalogueCommand, Definitions, Right};
use crate::domain::ids::Name;
use crate::domain::rejection::Rejection;
use crate::engine::cell::{Refusal, Submission};
use crate::engine::entity::{Entity, Receipt, Request};
use crate::protocol::definitions as shape;
use crate::protocol::varlink::ErrorReply;
use crate::settings::definitions::{Surroundings, parse_into, write};

/// Steps of the history at most.
const HISTORY_MAX: i64 = 1_000;
/// How often files are judged anew because somebody else changed the definitions in between.
const TRIES: usize = 5;

/// Answers a call.
pub async fn call(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    match visit.call.member() {
        "Apply" => apply(visit).await,
        "Show" => show(visit).await,
        "Export" => export(visit).await,
        "History" => history(visit).await,
        "PreviewMessage" => preview::message(visit).await,
        "MoveRule" => rules::move_rule(visit).await,
        "TryRules" => rules::try_rules(visit).await,
        "Publish" => of_type(visit, CatalogueCommand::PublishRecordType).await,
        "Retire" => of_type(visit, CatalogueCommand::RetireRecordType).await,
        "Delete" => of_type(visit, CatalogueCommand::DeleteRecordType).await,
        _ => list(visit),
    }
}

async fn apply(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ChangeDefinitions)?;
    let p: shape::Apply = visit.parameters()?;
    let request = visit.request(&p.request_id)?;
    change(visit, request, p.dry_run == Some(true), |there| judged(visit, &p.files, there)).await
}

/// Applies definitions that are made from those that are there.
pub async fn change(
    visit: &Visit<'_>,
    request: Request,
    dry_run: bool,
    wanted: impl Fn(&Catalogue) -> Result<Definitions, ErrorReply>,
) -> Result<Outcome, ErrorReply> {
    let mut tries = 0;
    loop {
        tries += 1;
        let (entity, there) = catalogue(visit).await?;
        let definitions = wanted(&there)?;
        let changes = difference::of(&there, &definitions, dry_run);
        if dry_run {
            return Ok(Outcome::reply(&shape::Applied { changes, sequence: None }));
        }
        let command = CatalogueCommand::ApplyDefinitions(Box::new(definitions));
        // What they were made from must still stand when they are taken.
        match submit(visit, request.clone(), command, Some(entity.revision)).await {
            Err(Refusal::Rejected(Rejection::Conflict { .. })) if tries < TRIES => {}
            Err(refusal) => return Err(refuse::refusal(refusal)),
            Ok(receipt) => return Ok(Outcome::reply(&shape::Applied { changes, sequence: Some(receipt.sequence as i64) })),
        }
    }
}

/// What files say, together with what is there.
pub fn judged(visit: &Visit<'_>, files: &[shape::File], there: &Catalogue) -> Result<Definitions, ErrorReply> {
    let files: Vec<(String, String)> = files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
    let surroundings = Surroundings { there: &there.definitions(), service_ticket_types: visit.desk.service_ticket_types.get() };
    parse_into(&files, &surroundings).map_err(|problems| {
        let count = problems.len();
        let problems = serde_json::to_value(problems).unwrap_or_default();
        ErrorReply::new("org.workorderd.InvalidDefinitions")
            .with("message", format!("{count} problem{} in the definition files; nothing was applied", if count == 1 { "" } else { "s" }))
            .with("problems", problems)
    })
}

/// The catalogue as it is on disk, with its revision.
pub async fn catalogue(visit: &Visit<'_>) -> Result<(Entity, Box<Catalogue>), ErrorReply> {
    let entity = visit.desk.runtime.read(&Key::Catalogue).await.map_err(refuse::refusal)?;
    let catalogue = match entity.state.as_deref() {
        Some(State::Catalogue(catalogue)) => catalogue.clone(),
        _ => Box::default(),
    };
    Ok((entity, catalogue))
}

async fn submit(
    visit: &Visit<'_>,
    request: Request,
    command: CatalogueCommand,
    expected_revision: Option<u64>,
) -> Result<Receipt, Refusal> {
    let command = Command::Catalogue(command);
    let submission = Submission { command, principal: visit.principal.clone(), request: Some(request), expected_revision };
    visit.desk.runtime.submit(&Key::Catalogue, submission).await
}

async fn of_type(visit: &Visit<'_>, command: fn(Name) -> CatalogueCommand) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ChangeDefinitions)?;
    let p: shape::OfType = visit.parameters()?;
    let name = slug("recordType", &p.record_type, Name::new)?;
    let receipt = submit(visit, visit.request(&p.request_id)?, command(name), None).await.map_err(refuse::refusal)?;
    Ok(Outcome::reply(&shape::Done { sequence: receipt.sequence as i64 }))
}

fn list(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let list = visit.desk.runtime.views().reference().catalogue.list();
    let definitions = list.into_iter().map(|listed| shape::Definition {
        kind: listed.kind.into(),
        name: listed.name.to_string(),
        versions: listed.versions.into(),
        state: listed.state.map(|state| state.name().into()),
    });
    Ok(Outcome::reply(&shape::Listed { definitions: definitions.collect() }))
}

async fn show(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let p: shape::Show = visit.parameters()?;
    let name = slug("name", &p.name, Name::new)?;
    let version = p.version.map(|v| u32::try_from(v).unwrap_or(0));
    if !write::KINDS.contains(&&*p.kind) {
        let problem = format!("{:?} is none of {}", p.kind, write::KINDS.join(", "));
        return Err(refuse::rejection(&Rejection::invalid("kind", problem)));
    }
    let (_, catalogue) = catalogue(visit).await?;
    let found = catalogue.one(&p.kind, &name, version).and_then(|(one, version)| Some((write::each(&one).pop()?.text, version)));
    let (text, version) = found.ok_or_else(|| {
        let id = p.version.map_or_else(|| p.name.clone(), |version| format!("{} in version {version}", p.name));
        refuse::rejection(&Rejection::NotFound { what: write::kind(&p.kind), id })
    })?;
    let state = if p.kind == "record type" { catalogue.type_state(&name).map(|state| state.name().to_owned()) } else { None };
    Ok(Outcome::reply(&shape::Shown { kind: p.kind, name: p.name, version: version.into(), state, text }))
}

async fn export(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let (_, catalogue) = catalogue(visit).await?;
    let files = write::files(&catalogue.definitions()).into_iter().map(|(path, text)| shape::File { path, text });
    Ok(Outcome::reply(&shape::Exported { files: files.collect() }))
}

async fn history(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let p: shape::History = visit.parameters()?;
    let limit = bounded("limit", p.limit, 100, HISTORY_MAX)?;
    let (entity, catalogue) = catalogue(visit).await?;
    let past = visit.desk.runtime.history(&entity, limit + 1).map_err(unreadable)?;
    let mut steps = past.away.map_or(Ok(past.steps), |away| Err(unreadable(away)))?;
    let more = steps.len() > limit;
    steps.truncate(limit);
    Ok(Outcome::reply(&shape::HistoryTold { steps: difference::history(&catalogue, &steps), more }))
}
