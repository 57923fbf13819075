//! Two short ones: an order that its submitter cancels, and a ticket whose mail has to wait for a mail server that is down.

use super::cast::GROUP;
use super::error::Result;
use super::mail_catcher::{Behaviour, Reaction};
use super::stage::{MINUTE, Stage, on, trouble};
use crate::protocol::work_orders::{Act, Create, Mail};

/// The order that is cancelled; gives its number.
///
/// # Errors
/// Something was refused that must not be.
pub fn cancelled(stage: &mut Stage) -> Result<String> {
    stage.narrator.scene("An installation that is not wanted any more");
    stage.later(30)?;
    let intake = Create {
        record_type: "installation".into(),
        subject: "New dumb waiter beside the kitchen".into(),
        contact: Some("renee".into()),
        submitter: Some("staff:sue".into()),
        channel: Some("e-mail".into()),
        ..Create::default()
    };
    let number = stage.create("sue", intake)?;
    stage.tell(&format!("Sue raises {number} for Renée O'Brien: a new dumb waiter beside the kitchen."));
    stage.later(5)?;
    stage.act("dora", "AssignToGroup", Act { group: Some(GROUP.into()), ..on(&number) })?;
    stage.act("lena", "AssignToEngineer", Act { engineer: Some("emil".into()), ..on(&number) })?;
    let open = carried(stage, 1)?;
    stage.tell(&format!("Dora gives it to the group, Lena to Emil. Open work of the group: {open}."));
    stage.later(20)?;
    let refusal = stage.act_refused("emil", "Cancel", on(&number), "NotPermitted")?;
    stage.tell("Emil would rather cancel it:");
    stage.narrator.more(&refusal);
    stage.later(5)?;
    stage.act("sue", "Cancel", Act { reason: Some("the customer has changed her mind".into()), ..on(&number) })?;
    let open = carried(stage, 0)?;
    stage.tell(&format!("Sue, who raised it, cancels: \"the customer has changed her mind\". Open work of the group: {open}."));
    Ok(number)
}

/// Waits until the group carries so many open orders: it is told after the fact.
fn carried(stage: &mut Stage, wanted: i64) -> Result<i64> {
    stage.until(&format!("the group to carry {wanted} open orders"), |stage| {
        let group = stage.group()?;
        let by_engineer: i64 = group.loads.iter().map(|load| load.open).sum();
        Ok((group.open == Some(wanted) && by_engineer == wanted).then_some(wanted))
    })
}

/// The ticket whose mail waits; gives its number.
///
/// # Errors
/// Something was refused that must not be, or the mail did not come.
pub fn mail_waits(stage: &mut Stage) -> Result<String> {
    stage.narrator.scene("A ticket, and a mail server that is down");
    stage.later(60)?;
    let intake = Create {
        record_type: "service-ticket".into(),
        subject: "Printer on floor 2 eats paper".into(),
        channel: Some("staff".into()),
        ..Create::default()
    };
    let number = stage.create("sue", intake)?;
    stage.tell(&format!("Sue has a problem of her own, {number}: the printer on floor 2 eats paper."));
    stage.later(3)?;
    stage.act("dora", "AssignToEngineer", Act { engineer: Some("mei".into()), ..on(&number) })?;
    stage.act("mei", "TakeTask", on(&number))?;
    stage.later(25)?;
    stage.catcher.behave(trouble(&Reaction::Answer("421 down for maintenance".into())));
    let caught = stage.catcher.counts().mails;
    stage.act("mei", "CompleteTask", Act { note: Some("roller cleaned".into()), ..on(&number) })?;
    stage.tell("Dora assigns Mei, who takes it and cleans the roller. The mail server is down:");
    let mail = tried(stage, &number, 1)?;
    tell_deferred(stage, &mail);
    stage.later(1)?;
    let mail = tried(stage, &number, 2)?;
    stage.tell("The second try fails as well:");
    tell_deferred(stage, &mail);
    stage.checks.equal("while the mail server is down no mail arrives", &stage.catcher.counts().mails, &caught);
    stage.catcher.behave(Behaviour::default());
    stage.later(3)?;
    stage.tell("The mail server is up again, and it is time for the next try.");
    let mail = stage.next_mail("sue")?;
    let token = stage.link(&mail)?;
    stage.later(10)?;
    stage.confirm(&token, None)?;
    stage.tell("Sue says by the link: solved. The ticket is completed.");
    Ok(number)
}

/// The ticket's mail, once it has been tried so often in vain.
fn tried(stage: &mut Stage, number: &str, attempts: i64) -> Result<Mail> {
    stage.until(&format!("try {attempts} of the mail"), |stage| {
        let order = stage.get(number)?;
        Ok(order.mails.into_iter().find(|mail| mail.attempts >= attempts && mail.status == "deferred"))
    })
}

fn tell_deferred(stage: &mut Stage, mail: &Mail) {
    let wait = (mail.next_at.unwrap_or_default() - stage.now()).max(0);
    let wait = if wait < 2 * MINUTE { format!("{} s", wait / 1000) } else { format!("{} min", wait / MINUTE) };
    stage.narrator.more(&format!("the mail to {} is {}: {}; next try in {wait}", mail.to, mail.status, mail.why.as_deref().unwrap_or("?")));
}
