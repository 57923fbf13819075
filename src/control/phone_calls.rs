//! The call action of `org.workorderd.WorkOrders1` (FUP-5).

use super::desk::Visit;
use super::refuse::field;
use super::service::Outcome;
use super::work_orders::{self, On, submit};
use crate::domain::work_order::call::CallTo;
use crate::domain::work_order::command::Command;
use crate::protocol::varlink::ErrorReply;
use crate::protocol::work_orders as shape;
use crate::runtime::dialer;
use crate::runtime::naming::Naming;

/// Starts a call.
pub async fn start(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::StartCall = visit.parameters()?;
    let to = match (p.to.as_deref(), p.phone.clone()) {
        (None, None) => CallTo::Anybody,
        (Some("contact"), None) => CallTo::Contact,
        (Some("submitter"), None) => CallTo::Submitter,
        (None, Some(number)) => CallTo::Number(number),
        (Some(_), Some(_)) => return Err(field("phone", "a call goes to a person or to a number, not to both")),
        (Some(other), None) => {
            let other: String = other.chars().take(64).collect();
            return Err(field("to", format!("{other:?} is neither contact nor submitter; give a number as phone")));
        }
    };
    let asked = || {
        let on = On { number: p.number.clone(), request_id: p.request_id.clone(), expected_revision: p.expected_revision };
        submit(visit, on, Command::StartCall { to: to.clone() }, Naming::new(visit.desk.runtime.attachments()))
    };
    let receipt = match asked().await {
        // Whoever hangs up and calls again does not wait until the call center is asked of itself.
        Err(refused) if refused.name == "org.workorderd.CallUnderWay" => {
            let (order, by) = (work_orders::find(visit, &p.number)?, visit.principal.user());
            let ended = match by {
                Some(by) => dialer::look_now(&visit.desk.runtime, order, by).await,
                None => false,
            };
            if ended { asked().await? } else { return Err(refused) }
        }
        other => other?,
    };
    Ok(Outcome::reply(&shape::Accepted { receipt }))
}
