//! What is said to customers in words, in English and Chinese.

use crate::domain::work_order::state::{Outcome, Status};

/// Where a Work Order stands, for whom it is done; `waits`: until they say whether it is solved.
pub fn status(language: &str, status: Status, outcome: Option<Outcome>, waits: bool) -> &'static str {
    let chinese = language.split(['-', '_']).next() == Some("zh");
    let (english, words) = match (outcome, status) {
        (Some(Outcome::Completed), _) => ("completed", "已完成"),
        (Some(Outcome::Cancelled), _) => ("cancelled", "已取消"),
        (Some(Outcome::Rejected), _) => ("not accepted", "未受理"),
        (None, _) if waits => ("done, please say whether it is solved", "已处理，请确认是否解决"),
        (None, Status::Open) => ("received", "已收到"),
        (None, Status::InProgress) => ("being worked on", "处理中"),
        (None, Status::Resolved | Status::Closed) => ("done", "已处理"),
    };
    if chinese { words } else { english }
}
