//! What a Work Order keeps of the work in the field: labor, the last visit's checklist, the newest service records (ONS-1, 2, 4), and
//! what is planned (OPS-5).
//! Behind one pointer, because most Work Orders at a given moment have none of it, and there may be a million.

use super::labor::Labor;
use super::plan::PlannedVisit;
use super::state::{RecordKind, WorkOrder};
use crate::domain::ids::StaffUserId;
use crate::domain::process::{NodeState, on_site};
use crate::domain::text::PersonalText;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

/// How many service records the state keeps; the history has all.
pub const RECORDS_KEPT: usize = 20;
/// How much of a service record the state keeps, in characters as a person counts them.
pub const RECORD_TEXT_KEPT: usize = 500;

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct FieldWork {
    /// The checklist of the last on-site visit that is over.
    pub last_visit: Option<Box<on_site::State>>,
    /// Oldest first; only ever added to, or ended where it stands.
    pub labor: Vec<Labor>,
    /// Oldest first.
    pub records: Vec<ServiceRecord>,
    pub records_made: u32,
    /// In the order in which they were planned.
    pub planned: Vec<PlannedVisit>,
    pub planned_made: u32,
}

/// A dated note: a visit, a call, an e-mail, a remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRecord {
    pub at: Timestamp,
    pub kind: RecordKind,
    pub by: Option<StaffUserId>,
    pub text: PersonalText,
}

impl WorkOrder {
    /// Labor, oldest first.
    pub fn labor(&self) -> &[Labor] {
        self.field_work.as_ref().map_or(&[], |w| &w.labor)
    }

    /// The newest service records, oldest first, and how many there are in all.
    pub fn service_records(&self) -> (&[ServiceRecord], u32) {
        self.field_work.as_ref().map_or((&[], 0), |w| (&w.records, w.records_made))
    }

    /// The on-site visit that is open, or else the last one.
    pub fn on_site(&self) -> Option<&on_site::State> {
        if let Some(NodeState::OnSite(state)) = self.visit().map(|v| &v.state) {
            return Some(state);
        }
        self.field_work.as_ref()?.last_visit.as_deref()
    }
}

impl FieldWork {
    /// Takes labor in that begins or was entered.
    pub fn begin(&mut self, labor: Labor) {
        self.labor.reserve_exact(1);
        self.labor.push(labor);
    }

    /// Takes the end of labor in.
    pub fn end(&mut self, engineer: &StaffUserId, to: Timestamp) {
        if let Some(labor) = self.labor.iter_mut().find(|l| l.to.is_none() && l.engineer == *engineer) {
            labor.to = Some(to);
        }
    }

    /// Takes a visit in that is planned.
    pub fn plan(&mut self, visit: PlannedVisit) {
        self.planned_made = visit.no.0;
        self.planned.reserve_exact(1);
        self.planned.push(visit);
    }

    /// Takes a service record in; a long one is cut, and the oldest gives way.
    pub fn note(&mut self, record: ServiceRecord) {
        self.records_made += 1;
        if self.records.len() >= RECORDS_KEPT {
            self.records.remove(0);
        }
        self.records.reserve_exact(1);
        let text = PersonalText(record.text.0.as_deref().map(cut));
        self.records.push(ServiceRecord { text, ..record });
    }
}

fn cut(text: &str) -> Box<str> {
    match text.grapheme_indices(true).nth(RECORD_TEXT_KEPT) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}
