//! `List`: what is asked for, checked, and a page of it (OPS-3).

use super::desk::Visit;
use super::present;
use super::refuse::{self, field, optional_slug, word};
use super::service::Outcome;
use super::work_orders::{PAGE_MAX, bounded, shown_through};
use crate::domain::context::Context;
use crate::domain::definition::Right;
use crate::domain::form::{Field, sought};
use crate::domain::ids::{AccountId, ContactId, Name, ServiceGroupId, StaffUserId};
use crate::domain::may::Layout;
use crate::domain::nearest;
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::work_order::state::{Priority, Status};
use crate::engine::listing::{Ask, FieldIs, Filter, LifeOf};
use crate::engine::scope::{Scene, Scope};
use crate::engine::sorting::{Cursor, Sort};
use crate::protocol::varlink::{ErrorReply, Parameters};
use crate::protocol::work_orders as shape;
use serde_json::Value as Json;

/// Most fields of forms that one list is filtered by.
const FIELDS_MAX: usize = 16;

/// Answers the call.
pub async fn list(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadWorkOrders)?;
    let mut p: shape::List = visit.parameters()?;
    let most = bounded("limit", p.limit, 50, PAGE_MAX)?;
    let scene = p.scene.take().map(|t| word("scene", &t, &Scene::NAMES, Scene::from_name)).transpose()?;
    let sort = p.sort.take().map(|t| word("sort", &t, &Sort::NAMES, Sort::from_name)).transpose()?.unwrap_or(Sort::Newest);
    let odd = |text: &str| field("after", format!("{text:?} is not what a list gave as next"));
    let after = p.after.take().map(|text| text.parse::<Cursor>().map_err(|_| odd(&text))).transpose()?;
    let at_least = p.at_least;
    let handler = optional_slug("handler", p.handler.take().as_deref(), StaffUserId::new)?;
    let filter = filter(visit, p)?;
    if let Some(sequence) = at_least {
        shown_through(visit, sequence).await?;
    }
    let scope = visit.judge(Scope::of);
    let handler = handler.map(|user| visit.judge(|cx| scope_of(user, cx))).transpose()?;
    let board = visit.desk.runtime.views().board();
    if let Some(after) = after.filter(|after| !board.has(after.id)) {
        return Err(odd(&after.to_string()));
    }
    let listed = board.list(&scope, &Ask { scene, filter: &filter, handler: handler.as_ref(), sort, after, most });
    let lines = listed.rows.iter().map(present::line).collect();
    let next = listed.next.map(|cursor| cursor.to_string());
    Ok(Outcome::reply(&shape::Listed { lines, next, total: listed.total as i64 }))
}

fn filter(visit: &Visit<'_>, p: shape::List) -> Result<Filter, ErrorReply> {
    let fields = fields(visit, p.fields.unwrap_or_default())?;
    let not_types = visit.judge(|cx| hiding(&fields, cx));
    Ok(Filter {
        status: p.status.map(|t| word("status", &t, &Status::NAMES, Status::from_name)).transpose()?,
        open: p.open,
        priority: p.priority.map(|t| word("priority", &t, &Priority::NAMES, Priority::from_name)).transpose()?,
        record_type: optional_slug("recordType", p.record_type.as_deref(), Name::new)?,
        group: optional_slug("group", p.group.as_deref(), ServiceGroupId::new)?,
        engineer: optional_slug("engineer", p.engineer.as_deref(), StaffUserId::new)?,
        account: optional_slug("account", p.account.as_deref(), AccountId::new)?,
        contact: optional_slug("contact", p.contact.as_deref(), ContactId::new)?,
        reference: p.reference.map(Into::into),
        on_hold: p.on_hold,
        overdue: p.overdue,
        owner: optional_slug("owner", p.owner.as_deref(), StaffUserId::new)?,
        submitter: optional_slug("submitter", p.submitter.as_deref(), StaffUserId::new)?,
        created_from: p.created_from.map(Timestamp),
        created_until: p.created_until.map(Timestamp),
        fields,
        not_types,
        life: match p.life.as_deref() {
            None | Some("normal") => LifeOf::Normal,
            Some("void") => LifeOf::Void,
            Some("deleted") => LifeOf::Deleted,
            Some(other) => return Err(field("life", format!("{other:?} is none of normal, void, deleted"))),
        },
    })
}

/// What stands for a staff user as handler.
fn scope_of(user: StaffUserId, cx: &Context<'_>) -> Result<Scope, ErrorReply> {
    let known = cx.directory.staff_user(&user).ok_or_else(|| refuse::rejection(&Rejection::unknown("handler", user.as_str())))?;
    let (roles, through) = (known.roles.clone(), user.as_str().into());
    let principal = Principal::Staff { user: Some(user), roles, through };
    Ok(Scope::of(&Context { principal: &principal, ..*cx }))
}

/// Fields by name, columns of tables as `table.column`, each with a value as a person writes it.
fn fields(visit: &Visit<'_>, wanted: Parameters) -> Result<Vec<FieldIs>, ErrorReply> {
    if wanted.len() > FIELDS_MAX {
        return Err(field("fields", format!("at most {FIELDS_MAX} fields, found {}", wanted.len())));
    }
    let one = |(path, value): (String, Json)| {
        let typed = match value {
            Json::String(text) => text,
            Json::Number(number) => number.to_string(),
            Json::Bool(flag) => flag.to_string(),
            _ => return Err(refused(&path, "expected a text, a number or yes or no".to_owned())),
        };
        visit.judge(|cx| field_is(&path, &typed, cx)).map_err(|problem| refused(&path, problem))
    };
    wanted.into_iter().map(one).collect()
}

/// The record types in whose Work Orders one of the fields is not shown to who asks: what one may not see cannot be found by it.
fn hiding(fields: &[FieldIs], cx: &Context<'_>) -> Vec<Name> {
    let hides = |record_type: &&Name| {
        let layout = Layout::of(Some(record_type), cx);
        fields.iter().any(|is| layout.hides(&is.field))
    };
    if fields.is_empty() { Vec::new() } else { cx.catalogue.type_names().filter(hides).cloned().collect() }
}

fn refused(path: &str, problem: String) -> ErrorReply {
    let field = format!("fields.{}", path.chars().take(80).collect::<String>());
    refuse::rejection(&Rejection::InvalidFormField { field, rule: "kind", problem })
}

fn field_is(path: &str, typed: &str, cx: &Context<'_>) -> Result<FieldIs, String> {
    let (name, column) = path.split_once('.').map_or((path, None), |(name, column)| (name, Some(column)));
    let unknown = |known: Vec<&str>| {
        let hint = nearest::hint(column.unwrap_or(name), known);
        format!("no form has such a field{}", hint.map(|hint| format!("; {hint}")).unwrap_or_default())
    };
    let layout = Layout::of(None, cx);
    let shown = || cx.catalogue.fields().map(Field::name).filter(|field| !layout.hides(field)).map(Name::as_str).collect();
    let found = cx.catalogue.field(name).filter(|field| !layout.hides(field.name())).ok_or_else(|| unknown(shown()))?;
    let single = match (found, column) {
        (Field::Single(single), None) => single,
        (Field::Single(_), Some(_)) => return Err(format!("{name} is no table")),
        (Field::Table(table), None) => {
            let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            return Err(format!("is a table; name one of its columns: {name}.{}", columns.join(&format!(", {name}."))));
        }
        (Field::Table(table), Some(column)) => {
            let known = || table.columns.iter().map(|column| column.name.as_str()).collect();
            table.columns.iter().find(|c| c.name.as_str() == column).ok_or_else(|| unknown(known()))?
        }
    };
    let text = sought::wanted(&single.kind, typed)?;
    Ok(FieldIs { field: found.name().clone(), column: column.map(|_| single.name.clone()), text })
}
