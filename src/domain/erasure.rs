//! Whose a personal value is, and what becomes of it when somebody is erased (PER-9).
//!
//! What somebody typed cannot be told to be about one person or another: in the Work Orders of a customer, or of whoever raised one for
//! themselves, all texts are theirs; elsewhere only what is plainly about one person. Ids, numbers, times, choices and stars are no
//! personal values: they stay, and so do counts and averages.

use super::ids::StaffUserId;
use super::text::PersonalText;
use super::time::Timestamp;
use super::work_order::state::Party;
use serde::{Deserialize, Serialize};

/// Sees personal values, and may erase them.
pub type See<'a> = dyn FnMut(Of<'_>, &mut PersonalText) + 'a;

/// What a personal value of a Work Order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of<'a> {
    /// Something that was typed about it, or where the customer is.
    Text,
    /// The name of an attachment whose content has this hash. Where it was erased, nothing of the content is left for it.
    File(&'a str),
    /// Where a mail goes or a call, and what a server said of that. To nobody of the directory: what was typed for the Work Order, or is
    /// the guest's who raised it.
    Address(Option<&'a Party>),
    /// What somebody wrote into a mail: for whom, and who of the staff, where it is known.
    Words { to: Option<&'a Party>, by: Option<&'a StaffUserId> },
    /// The call account that one of the staff is bound to.
    CallAccount(&'a StaffUserId),
    /// Where one of the staff was.
    Whereabouts(Option<&'a StaffUserId>),
    /// What waits for somebody, or was to; and who wrote it down for them.
    ToDo { user: &'a StaffUserId, by: Option<&'a StaffUserId> },
}

impl Of<'_> {
    /// Whether it is erased with somebody; `whole`: the Work Order is theirs.
    pub fn is_of(&self, who: &Party, whole: bool) -> bool {
        let own = self.people().into_iter().flatten().any(|one| one == *who);
        match self {
            // The others whom a mail was for, and who called, are not erased with the customer.
            Self::Address(Some(_)) | Self::CallAccount(_) => own,
            Self::Address(None) => whole && !mutant!("written-address-outlives-the-erased"),
            Self::Text | Self::File(_) | Self::Words { .. } | Self::Whereabouts(_) | Self::ToDo { .. } => own || whole,
        }
    }

    /// Whose it is in whatever Work Order.
    pub fn people(&self) -> [Option<Party>; 2] {
        let staff = |user: Option<&StaffUserId>| user.cloned().map(Party::Staff);
        match self {
            Self::Text | Self::File(_) => [None, None],
            Self::Address(party) => [party.cloned(), None],
            Self::Words { to, by } => [to.cloned(), staff(*by)],
            Self::Whereabouts(user) => [staff(*user), None],
            Self::CallAccount(user) => [staff(Some(user)), None],
            Self::ToDo { user, by } => [staff(Some(user)), staff(*by)],
        }
    }
}

/// That somebody was erased, as their entry of the directory keeps it. As long as it is not done, it is gone on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    pub since: Timestamp,
    pub done: Option<Done>,
}

/// That nothing of somebody is left anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub at: Timestamp,
    pub sums: Sums,
}

/// What was erased of somebody, counted over the whole history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Work Orders of theirs: all texts went.
    pub work_orders: u64,
    /// Others in which something of theirs stood.
    pub others: u64,
    /// Records of the history in which values were erased, and those values.
    pub records: u64,
    pub values: u64,
    /// Mails to them.
    pub mails: u64,
    /// Attachments of their Work Orders whose content is gone.
    pub attachments: u64,
    /// Attachments that stay because somebody else's Work Order names the same content.
    pub attachments_kept: u64,
    /// Records of others' Work Orders with texts that they wrote: these are the company's, and stay.
    pub written: u64,
    /// Others' Work Orders with a field that leads to them: it shows that they were erased.
    pub named: u64,
}

/// A staff user or a contact, as people say it.
pub fn told(who: &Party) -> String {
    format!("{} {who}", kind(who))
}

/// What somebody is.
pub fn kind(who: &Party) -> &'static str {
    match who {
        Party::Staff(_) => "staff user",
        Party::Contact(_) => "contact",
        Party::Guest(_) => "guest",
    }
}
