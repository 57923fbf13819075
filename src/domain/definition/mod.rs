//! What admins write: record types, processes, evaluation templates and rules, message templates, roles.
//!
//! Validated as a whole where the files are read, versioned here; a running Work Order pins the versions it began with (REC-5).

pub mod assignment;
pub mod button;
pub mod catalogue;
pub mod condition;
pub mod evaluation;
pub mod follow_up;
pub mod in_use;
pub mod message;
pub mod plug_in;
pub mod precedence;
pub mod process;
pub mod role;
pub mod sharing;
pub mod sop;
pub mod test;
pub mod type_state;

pub use assignment::{AssignTo, AssignmentRule};
pub use button::{Button, Labels};
pub use catalogue::{Catalogue, CatalogueCommand, CatalogueEvent, Definitions, Listed, VersionedName};
pub use condition::Condition;
pub use evaluation::{Answer, AnswerOption, EvaluationRule, EvaluationTemplate, FieldKind, Recipient, TemplateField};
pub use follow_up::{FollowUpBy, FollowUpRule};
pub use message::{MessageTemplate, Wording};
pub use plug_in::PlugIn;
pub use process::{HandlerSpec, Limits, NodeSpec, Person, Process, ProcessNode, REMINDERS_MAX, RecordType};
pub use role::{Right, RoleDefinition};
pub use sharing::{ShareFrom, ShareTo, SharingRule};
pub use sop::{Sop, SopStep};
pub use test::{Check, Constant, Subject, Test};
pub use type_state::TypeState;
