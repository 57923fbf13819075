//! Rules among each other: `definitions move-rule` and `evaluation dry-run`.

use std::collections::BTreeMap;

use serde_json::json;

use super::args_definitions::{MoveRule, TryRules};
use super::definitions::{kind_of, read};
use super::failure::Failure;
use super::session::Session;
use super::view::times::read_time;
use super::view::{definitions as changes_view, rules as view};
use crate::protocol::definitions::{self as shapes, Applied, NAME, RulesTried, Tried};

/// Work Orders that are asked for at a time.
const PAGE: i64 = 200;

/// What a dry run has found.
#[derive(Debug, Default)]
pub struct Found {
    /// So many were tried, of so many that there are.
    pub tried: i64,
    pub total: i64,
    /// Whether there are other rules than those of now.
    pub with_files: bool,
    /// Every rule, in order of precedence, and last none; for how many it counts now, and then.
    pub rules: Vec<(Option<String>, [u64; 2])>,
    /// How many would be evaluated otherwise, and the newest of them.
    pub otherwise: i64,
    pub listed: Vec<Tried>,
}

/// Puts a rule at another place.
///
/// # Errors
/// What the daemon says.
pub fn move_rule(session: &mut Session<'_, '_>, of: MoveRule) -> Result<(), Failure> {
    let MoveRule { kind, name, before, after, precedence, dry_run } = of;
    let parameters = shapes::MoveRule {
        request_id: session.request_id.clone(),
        kind: kind_of(&kind),
        name,
        precedence,
        before,
        after,
        dry_run: dry_run.then_some(true),
    };
    let reply = session.change(&format!("{NAME}.MoveRule"), &parameters)?;
    session.print(reply, |applied: &Applied, page| changes_view::applied(applied, dry_run, page))
}

/// Tries rules on Work Orders that there are.
///
/// # Errors
/// A file or a time that cannot be read, or what the daemon says.
pub fn try_rules(session: &mut Session<'_, '_>, of: TryRules) -> Result<(), Failure> {
    let zone = session.page.times.zone.clone();
    let time = |text: &Option<String>| text.as_deref().map(|text| read_time(text, &zone)).transpose().map_err(Failure::Usage);
    let mut parameters = shapes::TryRules {
        files: of.place.as_deref().map(read).transpose()?,
        record_type: of.record_type.clone(),
        created_from: time(&of.created_from)?,
        created_until: time(&of.created_until)?,
        after: None,
        limit: None,
    };
    let mut found = Found { with_files: parameters.files.is_some(), ..Found::default() };
    let mut counts: BTreeMap<Option<String>, [u64; 2]> = BTreeMap::new();
    loop {
        parameters.limit = Some((of.newest - found.tried).min(PAGE));
        let reply = session.ask(&format!("{NAME}.TryRules"), &parameters)?;
        let page: RulesTried = session.shape(reply)?;
        found.tried += page.tried.len() as i64;
        found.total = page.total;
        session.progress(found.tried as usize, page.total.min(of.newest) as usize);
        for one in page.tried {
            counts.entry(one.now.clone()).or_default()[0] += 1;
            counts.entry(one.then.clone()).or_default()[1] += 1;
            if one.now != one.then {
                found.otherwise += 1;
                if (found.listed.len() as i64) < of.list {
                    found.listed.push(one);
                }
            }
        }
        let names = page.rules.into_iter().map(Some).chain([None]);
        found.rules = names.map(|name| (name.clone(), counts.get(&name).copied().unwrap_or_default())).collect();
        parameters.after = page.next;
        if parameters.after.is_none() || found.tried >= of.newest {
            break;
        }
    }
    session.progress(0, 0);
    if session.json() {
        let rules = found.rules.iter().map(|(rule, [now, then])| json!({ "rule": rule, "now": now, "then": then }));
        return session.print_json(&json!({
            "tried": found.tried, "total": found.total, "rules": rules.collect::<Vec<_>>(), "otherwise": found.otherwise, "listed": found.listed,
        }));
    }
    let text = view::found(&found, &session.page);
    session.write(&text)
}
