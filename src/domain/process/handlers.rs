//! Who handles a node: definitions resolved against the Work Order at the moment of entry (PRC-2).

use crate::domain::definition::{HandlerSpec, ProcessNode};
use crate::domain::ids::Name;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::state::Handler;

/// The role that handles a node nobody else can: an order must never be stuck for want of a handler.
pub const FALLBACK_ROLE: &str = "dispatcher";

/// Handlers of a node for this Work Order. Where none can be found it is the dispatchers.
pub fn resolve(node: &ProcessNode, order: &WorkOrder) -> Vec<Handler> {
    let mut handlers: Vec<Handler> = node.handlers.iter().filter_map(|spec| resolve_one(spec, order)).collect();
    if handlers.is_empty()
        && let Ok(role) = Name::new(FALLBACK_ROLE)
    {
        handlers.push(Handler::Role(role));
    }
    handlers
}

/// One handler, if the Work Order has what it refers to.
pub fn resolve_one(spec: &HandlerSpec, order: &WorkOrder) -> Option<Handler> {
    match spec {
        HandlerSpec::User(user) => Some(Handler::User(user.clone())),
        HandlerSpec::Role(role) => Some(Handler::Role(role.clone())),
        HandlerSpec::Members(group) => Some(Handler::Members(group.clone())),
        HandlerSpec::Leader => order.group.clone().map(Handler::Leader),
        HandlerSpec::Engineer => order.engineer.clone().map(Handler::User),
        HandlerSpec::Owner => order.owner.clone().map(Handler::User),
        HandlerSpec::Submitter => Some(Handler::Submitter),
    }
}
