//! `Watch`: a cursor into the journal. What a watcher gets is durable. The stream of one that lags ends, and says where it was if
//! the watcher reads again before its connection, which nobody reads, is shut.

use super::desk::Visit;
use super::present;
use super::refuse::{field, rejection};
use super::service::{Item, Outcome};
use super::work_orders::{find, unreadable};
use crate::domain::aggregate::Key;
use crate::domain::context::Context;
use crate::domain::definition::Right;
use crate::domain::may;
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;
use crate::engine::board::Board;
use crate::journal::Position;
use crate::protocol::varlink::{ErrorReply, INTERNAL};
use crate::protocol::work_orders as shape;
use crate::runtime::Runtime;
use std::time::Duration;
use tokio::sync::mpsc::{self, error::SendTimeoutError};

/// Steps of one reply.
const STEPS: usize = 128;
/// Replies that may wait for a watcher.
const REPLIES: usize = 4;
/// How long a full queue is waited for; less than the loop waits before it cuts a slow reader off.
const PATIENCE: Duration = Duration::from_secs(5);

/// Begins to watch.
pub fn watch(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadWorkOrders)?;
    let p: shape::Watch = visit.parameters()?;
    if !visit.call.more {
        return Err(ErrorReply::expected_more());
    }
    let runtime = visit.desk.runtime.clone();
    let head = runtime.head();
    let only = p.number.as_deref().map(|number| find(visit, number)).transpose()?.map(Key::WorkOrder);
    let after = match p.after {
        None => head.sequence,
        Some(after) => u64::try_from(after).map_err(|_| field("after", "is negative"))?,
    };
    if after > head.sequence {
        return Err(rejection(&Rejection::invalid("after", format!("{after} has not been written; the last record is {}", head.sequence))));
    }
    let from = if after == head.sequence { head.end } else { Position::NONE };
    let (sender, receiver) = mpsc::channel(REPLIES);
    tokio::task::spawn_local(follow(runtime, visit.principal.clone(), sender, only, from, after));
    Ok(Outcome::Stream(receiver))
}

async fn follow(runtime: Runtime, principal: Principal, sender: mpsc::Sender<Item>, only: Option<Key>, mut from: Position, mut after: u64) {
    let mut head = runtime.follow_head();
    loop {
        head.borrow_and_update();
        // A cursor far back may have to pass millions of records: not on the thread that answers everybody.
        let reader = runtime.clone();
        let read = tokio::task::spawn_blocking(move || reader.steps_after(from, after, STEPS).map_err(unreadable));
        let panicked = |error| {
            tracing::error!(%error, "the journal cannot be read for a watcher");
            Err(ErrorReply::new(INTERNAL))
        };
        let (told, next) = match read.await.unwrap_or_else(panicked) {
            Ok(read) => read,
            Err(error) => {
                let _ = sender.send(Item::Error(error)).await;
                return;
            }
        };
        let read = told.len();
        let before = after;
        after = told.last().map_or(after, |t| t.sequence);
        from = next;
        let steps: Vec<_> = {
            let reference = runtime.views().reference();
            let (catalogue, directory) = (&reference.catalogue, &reference.directory);
            let cx = Context { now: runtime.now(), principal: &principal, catalogue, directory };
            let board = runtime.views().board();
            let wanted = told.iter().filter(|t| only.as_ref().is_none_or(|key| t.key == *key) && is_shown(&t.key, &board, &cx));
            wanted.map(|t| present::step(t, &board, &cx)).collect()
        };
        if !steps.is_empty() {
            match sender.send_timeout(Item::next(&shape::Watched { steps }), PATIENCE).await {
                Ok(()) => {}
                Err(SendTimeoutError::Closed(_)) => return,
                Err(SendTimeoutError::Timeout(_)) => {
                    let error =
                        ErrorReply::new("org.workorderd.Lagged").with("message", "the watcher did not keep up").with("after", before);
                    let _ = sender.send_timeout(Item::Error(error), PATIENCE).await;
                    return;
                }
            }
        }
        if read == 0 {
            tokio::select! {
                changed = head.changed() => if changed.is_err() { return },
                () = sender.closed() => return,
            }
        } else {
            tokio::task::yield_now().await;
        }
    }
}

/// Whether who watches sees the steps of this: by what they may see now.
fn is_shown(key: &Key, board: &Board, cx: &Context<'_>) -> bool {
    match key {
        Key::WorkOrder(id) => board.sees(*id, cx),
        // A group's steps tell of the work it is given.
        Key::ServiceGroup(group) => may::sees_load_of(group, cx),
        Key::StaffUser(_)
        | Key::Department(_)
        | Key::Account(_)
        | Key::Contact(_)
        | Key::Product(_)
        | Key::Terminal(_)
        | Key::UserGroup(_)
        | Key::ServiceProvider(_) => may::has_right(Right::ReadDirectory, cx),
        Key::Installation | Key::Catalogue => true,
    }
}
