//! The last order: a maintenance that nobody rates; so one of the staff asks the customer, and takes the answers down. They are told apart
//! from what customers give themselves, and the list of follow-ups is for whoever has the role, and for nobody else.

use super::error::{DemoError, Result};
use super::narrator::stars;
use super::stage::{Stage, on};
use crate::protocol::work_orders::{self, Act, Create, FollowUpsListed, GivenAnswer, ListFollowUps};
use serde_json::json;

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// Plays it; gives its number.
///
/// # Errors
/// Something was refused that must not be, or something did not happen in time.
pub fn play(stage: &mut Stage) -> Result<String> {
    stage.narrator.scene("A maintenance that is followed up");
    stage.later(30)?;
    let intake = Create {
        record_type: "maintenance".into(),
        subject: "Yearly check of the dumb waiter".into(),
        contact: Some("renee".into()),
        priority: Some("high".into()),
        channel: Some("phone".into()),
        fields: json!({ "due-on": "2026-04-01" }).as_object().cloned(),
        ..Create::default()
    };
    let number = stage.create("sue", intake)?;
    stage.tell(&format!("Sue enters {number} for Renée O'Brien, with the form that a maintenance asks for."));
    stage.later(5)?;
    stage.act("dora", "AssignToEngineer", Act { engineer: Some("emil".into()), ..on(&number) })?;
    stage.act("emil", "AcceptAssignment", on(&number))?;
    stage.later(120)?;
    let report = json!({ "condition": "good" }).as_object().cloned();
    stage.act("emil", "CompleteTask", Act { note: Some("all in order".into()), fields: report, ..on(&number) })?;
    let mail = stage.next_mail("renee")?;
    stage.link(&mail)?;
    stage.narrator.more("She has no mobile number, so the short message was passed over. She does not answer.");
    stage.later(7 * DAY)?;
    stage.until("the evaluation to complete by itself", |stage| {
        Ok((stage.get(&number)?.node.as_deref() == Some("follow-up")).then_some(()))
    })?;
    stage.tell("A week later the step completes by itself, and a follow-up is made: Iris has it, by the rule.");
    asked(stage, &number)?;
    Ok(number)
}

/// The customer is asked by phone: first in vain, then she answers.
fn asked(stage: &mut Stage, number: &str) -> Result<()> {
    let mine = ListFollowUps { mine: Some(true), ..ListFollowUps::default() };
    let listed: FollowUpsListed = stage.call("iris", work_orders::NAME, "ListFollowUps", &mine)?;
    let numbers: Vec<_> = listed.follow_ups.iter().map(|one| one.line.number.as_str()).collect();
    stage.checks.equal("Iris finds the follow-up on her list", numbers.as_slice(), &[number]);
    let refusal = stage.refused("emil", (work_orders::NAME, "ListFollowUps"), &mine, "NotPermitted")?;
    stage.tell("Emil would like to see that list:");
    stage.narrator.more(&refusal);
    stage.later(60)?;
    let vain = Act { way: Some("phone".into()), outcome: Some("no-answer".into()), ..on(number) };
    stage.act("iris", "RecordFollowUpAttempt", vain)?;
    stage.tell("Iris calls. Nobody answers, which she notes.");
    stage.later(180)?;
    let answers = [("overall", "5"), ("comment", "Quick and clean, thank you")];
    let answers = answers.map(|(field, value)| GivenAnswer { field: field.into(), value: value.into(), photo: None }).to_vec();
    stage.act("iris", "SubmitFollowUp", Act { way: Some("phone".into()), answers: Some(answers), ..on(number) })?;
    let order = stage.get(number)?;
    let taken = order.evaluations.first().map(|one| one.source.clone()).unwrap_or_default();
    stage.checks.equal("the evaluation says that the staff took it down", taken.as_str(), "staff");
    stage.tell(&format!("The second call reaches her. Iris takes the answers down: {} all in all.", stars(5, 5)));
    match order.outcome.as_deref() {
        Some("completed") => Ok(()),
        other => Err(DemoError::Unexpected(format!("the follow-up was to be the last step, but the order is {other:?}"))),
    }
}
