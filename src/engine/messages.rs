//! What is known of messages that go over gateways: how many segments of the quota are used (EVA-5), and which mail a receipt is of that
//! names it by nothing but the gateway's own number (WeChat).
//!
//! A function of the states: fed at the start by each, then by each step.

use crate::domain::ids::{MailNo, WorkOrderId};
use crate::domain::installation::Installation;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::mail::{Mail, MailStatus, MessageChannel};
use std::collections::HashMap;

/// Segments of short messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SmsUse {
    /// Bought, since ever.
    pub total: u64,
    pub used: u64,
}

impl SmsUse {
    /// Those that can still be used.
    pub fn left(self) -> u64 {
        self.total.saturating_sub(self.used)
    }
}

/// The quota, and what waits for a receipt.
#[derive(Debug, Default)]
pub struct Messages {
    sms: SmsUse,
    receipts: HashMap<Box<str>, (WorkOrderId, MailNo)>,
}

impl Messages {
    /// The quota as far as steps are durable.
    pub fn sms(&self) -> SmsUse {
        self.sms
    }

    /// Takes the quota in.
    pub fn quota(&mut self, installation: &Installation) {
        self.sms.total = installation.sms_quota;
    }

    /// Follows a step of a Work Order; without `before` it is taken in.
    pub fn take(&mut self, before: Option<&WorkOrder>, after: &WorkOrder) {
        let segments = |order: &WorkOrder| u64::from(order.sms_segments);
        self.sms.used = (self.sms.used + segments(after)).saturating_sub(before.map_or(0, segments));
        for (reference, _) in before.into_iter().flat_map(waiting) {
            self.receipts.remove(reference);
        }
        self.receipts.extend(waiting(after).map(|(reference, no)| (reference.into(), (after.id, no))));
    }

    /// The mail that WeChat knows by this number, while its receipt is waited for.
    pub fn of_receipt(&self, reference: &str) -> Option<(WorkOrderId, MailNo)> {
        self.receipts.get(reference).copied()
    }
}

/// Whether a step changes anything of this.
pub fn concerns(before: Option<&WorkOrder>, after: &WorkOrder) -> bool {
    before.map_or(0, |order| order.sms_segments) != after.sms_segments || !before.into_iter().flat_map(waiting).eq(waiting(after))
}

fn waiting(order: &WorkOrder) -> impl Iterator<Item = (&str, MailNo)> {
    order.mails.iter().filter(|mail| mail.channel == MessageChannel::WeChat).filter_map(|mail: &Mail| match &mail.status {
        MailStatus::Accepted { reference, .. } => Some((reference.0.as_deref()?, mail.no)),
        _ => None,
    })
}
