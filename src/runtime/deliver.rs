//! Brings what aggregates have for each other: messages to service groups, at least once and in order; choices to Work Orders.

use super::handle::Runtime;
use crate::domain::aggregate::{Command, Key};
use crate::domain::ids::{ServiceGroupId, VisitNo, WorkOrderId};
use crate::domain::process::assign::Choice;
use crate::domain::rejection::Rejection;
use crate::domain::service_group::ServiceGroupCommand;
use crate::domain::work_order;
use crate::engine::cell::Refusal;
use crate::engine::delivery::{Parcel, Sending, after_refusal};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// How long what could not be handed over waits before it is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// Runs for ever on the arbiter it is spawned on.
pub async fn run(runtime: Runtime, mut sendings: UnboundedReceiver<Sending>) {
    while let Some(sending) = sendings.recv().await {
        match sending {
            Sending::ToGroup(parcel) => drop(actix_rt::spawn(to_group(runtime.clone(), parcel))),
            Sending::ToOrder { group, order, visit, choice } => {
                drop(actix_rt::spawn(to_order(runtime.clone(), group, order, visit, choice)));
            }
        }
    }
}

async fn to_group(runtime: Runtime, first: Parcel) {
    let mut next = Some(first);
    while let Some(parcel) = next {
        let group = parcel.group.clone();
        let command = ServiceGroupCommand::Take { sequence: parcel.sequence, messages: parcel.messages };
        let result = runtime.submit_as_system(&Key::ServiceGroup(group.clone()), Command::ServiceGroup(command)).await;
        let views = &runtime.shared.views;
        next = match result {
            Ok(_) | Err(Refusal::Rejected(Rejection::MessageTakenAlready)) => views.delivery().delivered(&group),
            Err(refusal) => {
                tracing::warn!(%group, %refusal, "a service group could not take its messages; trying again");
                tokio::time::sleep(PAUSE).await;
                views.delivery().again(&group)
            }
        };
    }
}

/// A choice that no longer applies is forgotten; one that cannot be followed goes back to the group, which chooses again.
async fn to_order(runtime: Runtime, group: ServiceGroupId, order: WorkOrderId, visit: VisitNo, choice: Choice) {
    let assign = work_order::Command::AssignByRule { group: group.clone(), visit, choice: choice.clone() };
    let refused = submit(&runtime, &Key::WorkOrder(order), Command::WorkOrder(assign)).await;
    if let Some(again) = refused.and_then(|rejection| after_refusal(order, visit, &choice, &rejection)) {
        submit(&runtime, &Key::ServiceGroup(group), Command::ServiceGroup(again)).await;
    }
}

/// Until it is taken or refused by the rules.
async fn submit(runtime: &Runtime, key: &Key, command: Command) -> Option<Rejection> {
    loop {
        match runtime.submit_as_system(key, command.clone()).await {
            Ok(_) => return None,
            Err(Refusal::Rejected(rejection)) => return Some(rejection),
            Err(Refusal::Internal(_)) => {
                tracing::error!(%key, "a choice could not be delivered; the next start tries again");
                return None;
            }
            Err(Refusal::Busy | Refusal::DiskNearlyFull { .. }) => tokio::time::sleep(PAUSE).await,
        }
    }
}
