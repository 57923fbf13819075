//! Rules among each other: which of them counts first, and which would count, for Work Orders that there are (EVA-3).

use super::definitions::{catalogue, change, judged};
use super::desk::Visit;
use super::refuse::{self, field, optional_slug, slug};
use super::service::Outcome;
use super::work_orders::{PAGE_MAX, bounded};
use crate::domain::aggregate::Key;
use crate::domain::definition::precedence::{Ranked, To, moved};
use crate::domain::definition::{AssignmentRule, Catalogue, Definitions, EvaluationRule, FollowUpRule, Right};
use crate::domain::ids::Name;
use crate::domain::process::evaluate;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::listing::{Ask, Filter};
use crate::engine::scope::Scope;
use crate::engine::sorting::{Cursor, Sort};
use crate::protocol::definitions as shape;
use crate::protocol::varlink::ErrorReply;

/// Puts a rule at another place.
pub async fn move_rule(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ChangeDefinitions)?;
    let p: shape::MoveRule = visit.parameters()?;
    let request = visit.request(&p.request_id)?;
    let name = slug("name", &p.name, Name::new)?;
    let to = match (p.precedence, &p.before, &p.after) {
        (Some(number), None, None) => {
            let number = u32::try_from(number).ok().filter(|number| *number > 0);
            To::Precedence(number.ok_or_else(|| field("precedence", "must be a whole number from 1".to_owned()))?)
        }
        (None, Some(other), None) => To::Before(slug("before", other, Name::new)?),
        (None, None, Some(other)) => To::After(slug("after", other, Name::new)?),
        _ => return Err(field("precedence", "name one of precedence, before and after".to_owned())),
    };
    change(visit, request, p.dry_run == Some(true), |there| in_another_order(there, &p.kind, &name, &to)).await
}

fn in_another_order(there: &Catalogue, kind: &str, name: &Name, to: &To) -> Result<Definitions, ErrorReply> {
    const KINDS: [&str; 3] = [EvaluationRule::KIND, AssignmentRule::KIND, FollowUpRule::KIND];
    let definitions = if kind == KINDS[0] {
        moved(there.rules(), name, to).map(|rules| Definitions { rules: Some(rules), ..Definitions::default() })
    } else if kind == KINDS[1] {
        moved(there.assignment_rules(), name, to).map(|rules| Definitions { assignment_rules: Some(rules), ..Definitions::default() })
    } else if kind == KINDS[2] {
        moved(there.follow_up_rules(), name, to).map(|rules| Definitions { follow_up_rules: Some(rules), ..Definitions::default() })
    } else {
        Err(Rejection::invalid("kind", format!("{kind:?} is none of {}", KINDS.join(", "))))
    };
    definitions.map_err(|rejection| refuse::rejection(&rejection))
}

/// Tells which evaluation rule counts for Work Orders, now and with other files.
pub async fn try_rules(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ChangeDefinitions)?;
    let p: shape::TryRules = visit.parameters()?;
    let most = bounded("limit", p.limit, 50, PAGE_MAX)?;
    let odd = |text: &str| field("after", format!("{text:?} is not what a dry run gave as next"));
    let after = p.after.as_deref().map(|text| text.parse::<Cursor>().map_err(|_| odd(text))).transpose()?;
    let filter = Filter {
        record_type: optional_slug("recordType", p.record_type.as_deref(), Name::new)?,
        created_from: p.created_from.map(Timestamp),
        created_until: p.created_until.map(Timestamp),
        ..Filter::default()
    };
    let (_, there) = catalogue(visit).await?;
    let wanted = p.files.as_deref().map(|files| judged(visit, files, &there)).transpose()?;
    let then = wanted.as_ref().and_then(|wanted| wanted.rules.as_deref());
    let scope = visit.judge(Scope::of);
    let listed = {
        let board = visit.desk.runtime.views().board();
        if let Some(after) = after.filter(|after| !board.has(after.id)) {
            return Err(odd(&after.to_string()));
        }
        board.list(&scope, &Ask { scene: None, filter: &filter, handler: None, sort: Sort::Newest, after, most })
    };
    let mut tried = Vec::with_capacity(listed.rows.len());
    for row in &listed.rows {
        let entity = visit.desk.runtime.read(&Key::WorkOrder(row.id)).await.map_err(refuse::refusal)?;
        let Some(order) = entity.state.as_ref().and_then(|state| state.work_order()) else { continue };
        let name = |rules: &[EvaluationRule]| evaluate::first(rules, order).map(|rule| rule.name.to_string());
        let now = name(there.rules());
        tried.push(shape::Tried {
            number: row.number.to_string(),
            record_type: row.record_type.to_string(),
            created_at: row.created_at.0,
            then: then.map_or_else(|| now.clone(), name),
            now,
        });
    }
    let mut rules: Vec<String> = then.unwrap_or_else(|| there.rules()).iter().map(|rule| rule.name.to_string()).collect();
    let gone = there.rules().iter().map(|rule| rule.name.to_string()).filter(|name| !rules.contains(name));
    rules.extend(gone.collect::<Vec<_>>());
    let next = listed.next.map(|cursor| cursor.to_string());
    Ok(Outcome::reply(&shape::RulesTried { tried, rules, next, total: listed.total as i64 }))
}
