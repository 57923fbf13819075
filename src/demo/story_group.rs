//! The first order: by way of the service group, declined, reassigned, on hold, not solved, solved, evaluated by the link.

use super::cast::GROUP;
use super::error::{DemoError, Result};
use super::narrator::stars;
use super::stage::{Stage, on};
use crate::protocol::guest::{self, Show, Shown};
use crate::protocol::work_orders::{Act, Create};

/// What the customer answers.
const ANSWERS: [(&str, &str); 3] = [("overall", "4"), ("punctuality", "a little late"), ("comment", "师傅很专业，谢谢！")];

/// Plays it; gives its number.
///
/// # Errors
/// Something was refused that must not be, or a mail did not come.
pub fn play(stage: &mut Stage) -> Result<String> {
    stage.narrator.scene("A repair by way of the service group");
    stage.later(5)?;
    let intake = Create {
        record_type: "repair".into(),
        subject: "货梯停在三楼".into(),
        description: Some("The goods lift stands at the third floor, doors closed.".into()),
        contact: Some("wang".into()),
        priority: Some("high".into()),
        channel: Some("phone".into()),
        ..Create::default()
    };
    let number = stage.create("sue", intake)?;
    stage.tell(&format!("王伟 calls: 货梯停在三楼 (the goods lift stands still). Sue enters it as {number}."));
    stage.later(4)?;
    stage.act("dora", "AssignToGroup", Act { group: Some(GROUP.into()), ..on(&number) })?;
    stage.tell("Dora, the dispatcher, gives it to the group Lifts. Now its leader is to act.");
    stage.later(2)?;
    let refusal = stage.act_refused("emil", "AssignToEngineer", Act { engineer: Some("mei".into()), ..on(&number) }, "NotPermitted")?;
    stage.tell("Emil, of the group but not its leader, tries to pass it to Mei:");
    stage.narrator.more(&refusal);
    stage.act("lena", "AssignToEngineer", Act { engineer: Some("emil".into()), ..on(&number) })?;
    stage.tell("Lena, the leader, assigns Emil.");
    stage.later(10)?;
    let reason = Some("I am at another customer's until tomorrow".into());
    stage.act("emil", "DeclineAssignment", Act { reason, ..on(&number) })?;
    stage.tell("Emil declines: \"I am at another customer's until tomorrow\". It is Lena's again.");
    stage.later(3)?;
    stage.act("lena", "AssignToEngineer", Act { engineer: Some("mei".into()), ..on(&number) })?;
    stage.act("mei", "AcceptAssignment", on(&number))?;
    stage.tell("Lena assigns Mei, who accepts and is the owner from now on.");
    let group = stage.group()?;
    let loads: Vec<_> = group.loads.iter().filter(|l| l.open > 0).map(|l| (l.engineer.as_str(), l.open)).collect();
    stage.checks.equal("while Mei works, the group's open work is hers", &loads, &vec![("mei", 1)]);
    stage.later(70)?;
    let note = Some("door controller, from the warehouse".into());
    stage.act("mei", "Hold", Act { reason: Some("parts".into()), note, ..on(&number) })?;
    stage.tell("Mei finds the door controller burnt and puts the order on hold: waiting for parts.");
    stage.later(25 * 60)?;
    stage.act("mei", "Resume", on(&number))?;
    stage.tell("The part has come. Mei resumes; her time limits stood still meanwhile.");
    stage.later(50)?;
    stage.act("mei", "CompleteTask", Act { note: Some("door controller replaced".into()), ..on(&number) })?;
    stage.tell("Mei completes the work. The customer is asked whether it is solved:");
    let mail = stage.next_mail("wang")?;
    let token = stage.link(&mail)?;
    stage.later(35)?;
    stage.confirm(&token, Some("门还是关不上"))?;
    stage.tell("王伟 opens the link and says: not solved, 门还是关不上 (the door still does not close).");
    let back = stage.get(&number)?;
    stage.checks.equal("not solved leads back to who did the work", &back.handlers, &vec!["mei".to_owned()]);
    let told = stage.next_mail("mei")?;
    stage.checks.that("Mei's mail gives the customer's reason", told.text.contains("门还是关不上"), &told.text);
    stage.later(90)?;
    stage.act("mei", "CompleteTask", Act { note: Some("door sensor aligned".into()), ..on(&number) })?;
    stage.tell("Mei aligns the door sensor and completes again. The customer is asked again:");
    let mail = stage.next_mail("wang")?;
    let second = stage.link(&mail)?;
    stage.later(20)?;
    stage.confirm(&second, None)?;
    stage.tell("王伟 says: solved. The invitation to evaluate follows, by a short message, in his language:");
    not_delivered(stage, &number)?;
    let mail = stage.next_mail("wang")?;
    let token = stage.link(&mail)?;
    evaluated(stage, &token)?;
    Ok(number)
}

/// The short message is taken by the provider, and not delivered: by that, and not sooner, the e-mail is sent.
fn not_delivered(stage: &mut Stage, number: &str) -> Result<()> {
    let over_sms = |stage: &mut Stage, status: &str| {
        let mails = stage.get(number)?.mails;
        Ok::<_, DemoError>(mails.into_iter().find(|mail| mail.channel == "sms" && mail.status == status))
    };
    stage.until("the short message to be taken", |stage| over_sms(stage, "accepted"))?;
    let taken = stage.sms.taken();
    stage.checks.equal("the provider took one short message", &taken.len(), &1);
    for message in taken {
        let (words, link) = message.text.split_at(message.text.find("http").unwrap_or(message.text.len()));
        stage.narrator.verbatim(&format!("{}: {words}", message.to));
        stage.narrator.verbatim(link);
    }
    let waits = stage.get(number)?;
    let e_mails = waits.mails.iter().filter(|mail| mail.channel == "e-mail" && mail.template == "please-rate").count();
    stage.checks.equal("what the provider has taken is no reason for an e-mail yet", &e_mails, &0);
    stage.later(1)?;
    let failed = stage.until("the provider to be asked", |stage| over_sms(stage, "failed"))?;
    stage.tell("The provider has taken it, which says nothing. A minute later it is asked what became of it:");
    stage.narrator.more(failed.why.as_deref().unwrap_or_default());
    stage.narrator.more("So the next channel is taken, with the same link.");
    Ok(())
}

/// The customer rates, once; a second time, and a guessed link, are refused.
fn evaluated(stage: &mut Stage, token: &str) -> Result<()> {
    stage.later(40)?;
    let shown: Shown = stage.call("", guest::NAME, "Show", &Show { token: token.to_owned(), language: None })?;
    stage.checks.that("the link is for an evaluation and open", shown.open && shown.purpose == "evaluate", format_args!("{shown:?}"));
    let questions: Vec<_> = shown.fields.iter().map(|field| field.title.as_str()).collect();
    stage.tell(&format!("He opens the link. It asks: {}", questions.join(" / ")));
    let first = stage.evaluate(token, &ANSWERS)?;
    stage.checks.equal("the evaluation came in time", &first.after_completion, &false);
    stage.tell(&format!("He answers {}  \"{}\"  \"{}\"", stars(4, 5), ANSWERS[1].1, ANSWERS[2].1));
    stage.narrator.more("The evaluation opens the last node: the order is completed.");
    stage.later(5)?;
    let again = stage.evaluation(token, &[("overall", "1")]);
    let refusal = stage.refused("", (guest::NAME, "Evaluate"), &again, "InvitationUsed")?;
    stage.tell("Somebody uses the same link a second time:");
    stage.narrator.more(&refusal);
    let forged = forge(token);
    let again = stage.evaluation(&forged, &[("overall", "1")]);
    let refusal = stage.refused("", (guest::NAME, "Evaluate"), &again, "UnknownInvitation")?;
    stage.tell("Somebody tries a link with one letter changed:");
    stage.narrator.more(&refusal);
    Ok(())
}

/// The token with one letter in its middle changed.
fn forge(token: &str) -> String {
    let middle = token.len() / 2;
    let other = |(at, letter): (usize, char)| match (at == middle, letter) {
        (false, letter) => letter,
        (true, 'A') => 'B',
        (true, _) => 'A',
    };
    token.chars().enumerate().map(other).collect()
}
