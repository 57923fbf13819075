//! `Why`: why somebody may or may not see a Work Order and act on it, by the rules that made it.

use super::desk::Visit;
use super::refuse::{self, optional_slug};
use super::service::Outcome;
use super::work_orders::read;
use crate::domain::context::Context;
use crate::domain::definition::Right;
use crate::domain::ids::StaffUserId;
use crate::domain::may::why::{Verdict, related, why};
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;
use crate::domain::work_order::WorkOrder;
use crate::protocol::varlink::{ErrorReply, INTERNAL};
use crate::protocol::work_orders as shape;

/// Answers the call: of oneself whoever sees the Work Order may ask, of others admins alone.
pub async fn call(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::Why = visit.parameters()?;
    let user = optional_slug("user", p.user.as_deref(), StaffUserId::new)?.filter(|user| visit.principal.user() != Some(user));
    if user.is_some() {
        visit.need(Right::Administer)?;
    }
    let entity = read(visit, &p.number).await?;
    let Some(order) = entity.state.as_ref().and_then(|s| s.work_order()) else {
        return Err(ErrorReply::new(INTERNAL));
    };
    let told = visit.judge(|cx| match user {
        None => Ok(told(order, cx)),
        Some(user) => {
            let known = cx.directory.staff_user(&user).ok_or_else(|| Rejection::unknown("user", user.as_str()))?;
            let (roles, through) = (known.roles.clone(), user.as_str().into());
            let principal = Principal::Staff { user: Some(user), roles, through };
            Ok(told(order, &Context { principal: &principal, ..*cx }))
        }
    });
    told.map(|told| Outcome::reply(&told)).map_err(|rejection: Rejection| refuse::rejection(&rejection))
}

fn told(order: &WorkOrder, cx: &Context<'_>) -> shape::WhyTold {
    let verdict = |verdict: Verdict| shape::Verdict { action: verdict.action.into(), allowed: verdict.allowed, because: verdict.because };
    shape::WhyTold {
        number: order.number.to_string(),
        user: cx.principal.user().map(ToString::to_string),
        relations: related(order, cx).into_iter().map(|relation| relation.words().into()).collect(),
        verdicts: why(order, cx).into_iter().map(verdict).collect(),
    }
}
