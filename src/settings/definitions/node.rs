//! `[[process.node]]`: one step of a process, with the keys of its kind.
//!
//! A key that belongs to another kind is told apart from one that does not exist.

use super::book::{Book, Kind, name_of};
use super::{condition, follow_up as rules, handler, limits};
use crate::domain::definition::{Button, HandlerSpec, Labels, NodeSpec, ProcessNode};
use crate::domain::ids::Name;
use crate::domain::nearest;
use crate::domain::process::{accept, assign, confirm, evaluate, follow_up, on_site, task};
use crate::domain::time::Span;
use crate::settings::toml_reader::Table;

/// How long a link stays open where nothing is said (reading 5).
pub const LINK_ENDS_AFTER: Span = Span::days(30);

/// Node kinds as files name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    Assign,
    Accept,
    Task,
    Confirm,
    Evaluate,
    OnSite,
    FollowUp,
}

/// The names of all kinds.
pub const KINDS: [&str; NodeKind::ALL.len()] = {
    let mut names = [""; NodeKind::ALL.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = NodeKind::ALL[index].0;
        index += 1;
    }
    names
};

/// What could be read of a node, also where it has problems.
pub struct Read {
    pub name: Option<Name>,
    /// None if the kind is not known, which then may have been any.
    pub kind: Option<NodeKind>,
    pub node: Option<ProcessNode>,
}

impl NodeKind {
    const ALL: [(&'static str, Self); 7] = [
        ("assign", Self::Assign),
        ("accept", Self::Accept),
        ("task", Self::Task),
        ("on-site", Self::OnSite),
        ("confirm", Self::Confirm),
        ("evaluate", Self::Evaluate),
        ("follow-up", Self::FollowUp),
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Assign => "assign",
            Self::Accept => "accept",
            Self::Task => "task",
            Self::Confirm => "confirm",
            Self::Evaluate => "evaluate",
            Self::OnSite => "on-site",
            Self::FollowUp => "follow-up",
        }
    }

    fn default_handler(self) -> Option<HandlerSpec> {
        match self {
            Self::Assign => Name::new("dispatcher").ok().map(HandlerSpec::Role),
            Self::Accept | Self::Task | Self::OnSite | Self::Evaluate => Some(HandlerSpec::Engineer),
            Self::Confirm => Some(HandlerSpec::Submitter),
            Self::FollowUp => Name::new("follow-up-staff").ok().map(HandlerSpec::Role),
        }
    }
}

/// Keys that only some kinds have.
const KIND_KEYS: [(&str, &[NodeKind]); 19] = [
    // What an evaluation asks is its template; a form for it would be a second one.
    ("form", &[NodeKind::Assign, NodeKind::Accept, NodeKind::Task, NodeKind::OnSite, NodeKind::Confirm]),
    ("to_group", &[NodeKind::Assign]),
    ("straight", &[NodeKind::Assign]),
    ("decline", &[NodeKind::Accept]),
    ("transfer", &[NodeKind::Accept, NodeKind::Task, NodeKind::OnSite]),
    ("beyond_group", &[NodeKind::Accept, NodeKind::Task, NodeKind::OnSite]),
    ("sop", &[NodeKind::OnSite]),
    ("overlapping_labor", &[NodeKind::OnSite]),
    ("message", &[NodeKind::Confirm]),
    ("remind_customer", &[NodeKind::Confirm, NodeKind::Evaluate]),
    ("returned_message", &[NodeKind::Confirm]),
    ("taken_message", &[NodeKind::Assign, NodeKind::Task, NodeKind::OnSite]),
    ("link_ends_after", &[NodeKind::Confirm, NodeKind::Evaluate]),
    ("method", &[NodeKind::Evaluate, NodeKind::FollowUp]),
    ("template", &[NodeKind::Evaluate, NodeKind::FollowUp]),
    ("person", &[NodeKind::FollowUp]),
    ("labels", &[NodeKind::Evaluate, NodeKind::FollowUp]),
    ("mandatory", &[NodeKind::Evaluate]),
    ("skip", &[NodeKind::Evaluate]),
];

/// Reads one; `before` has the kinds of the nodes that stand before it.
pub fn read(table: Table<'_>, before: &[Option<NodeKind>], book: &mut Book<'_>) -> Read {
    let name = name_of(&table);
    let title = table.label("title", name.as_ref().map_or("", |n| n.as_str()));
    let kind = read_kind(&table);
    let handlers = handler::read_list(&table, "handlers", book);
    let condition = condition::read(&table, book);
    let limits = limits::read(&table, book);
    let spec = match kind {
        Some(kind) => {
            only_of_kind(&table, kind);
            needs_before(&table, kind, before);
            read_spec(&table, kind, book)
        }
        None => {
            KIND_KEYS.iter().for_each(|(key, _)| table.known(key));
            None
        }
    };
    if let Some(spec) = &spec
        && !spec.may_auto_complete()
        && table.has("auto_complete_after")
    {
        let problem = format!("a node of the kind {} cannot complete by itself", spec.kind());
        table.sink().report_with(
            &table.place_of("auto_complete_after"),
            problem,
            "nodes of the kinds accept, confirm, evaluate and follow-up can",
        );
    }
    let form = match kind {
        Some(NodeKind::Assign | NodeKind::Accept | NodeKind::Task | NodeKind::OnSite | NodeKind::Confirm) => {
            table.text("form").map(|f| book.refer(Kind::Form, f.value, &f.place))
        }
        Some(NodeKind::Evaluate | NodeKind::FollowUp) | None => None,
    };
    table.known("form");
    if let Some(form) = &form {
        book.asked.node_form(form.as_ref());
    }
    let asks = match &spec {
        Some(NodeSpec::Confirm(spec)) => spec.message.is_some(),
        Some(NodeSpec::Evaluate(spec)) => spec.method == evaluate::Method::Rules,
        Some(NodeSpec::Assign(_) | NodeSpec::Accept(_) | NodeSpec::Task(_) | NodeSpec::OnSite(_) | NodeSpec::FollowUp(_)) | None => true,
    };
    if table.has("remind_customer") && !asks {
        let hint = "name a message (confirm), or let the rules invite (evaluate)";
        table.sink().report_with(&table.place_of("remind_customer"), "is never sent: this node asks nobody by mail", hint);
    }
    let labels = labels(&table, kind);
    table.finish();
    let form = form.map_or(Some(None), |form| form.map(Some));
    let handlers = handlers.or_else(|| kind.and_then(NodeKind::default_handler).map(|h| vec![h]));
    let node = (|| {
        let (title, handlers, condition, limits, form, spec) = (title?, handlers?, condition?, limits?, form?, spec?);
        Some(ProcessNode { name: name.clone()?, title, handlers, condition, limits, form, spec, labels: labels? })
    })();
    Read { name, kind, node }
}

fn read_kind(table: &Table<'_>) -> Option<NodeKind> {
    let names = || NodeKind::ALL.iter().map(|(name, _)| *name);
    let found = table.required("kind", "one of assign, accept, task, on-site, confirm, evaluate")?;
    let kind = NodeKind::ALL.iter().find(|(name, _)| *name == found.value).map(|(_, kind)| *kind);
    if kind.is_none() {
        table.sink().put(&found.place, format!("there is no node kind {:?}", found.value), nearest::hint(found.value, names()));
    }
    kind
}

fn only_of_kind(table: &Table<'_>, kind: NodeKind) {
    for (key, kinds) in KIND_KEYS {
        if !kinds.contains(&kind) {
            let owners: Vec<_> = kinds.iter().map(|k| k.name()).collect();
            let hint = format!("it belongs to nodes of the kind {}", owners.join(" or "));
            table.misplaced(key, format!("a node of the kind {} has no such key", kind.name()), &hint);
        }
    }
}

/// A node that can send back needs something before it to send back to.
fn needs_before(table: &Table<'_>, kind: NodeKind, before: &[Option<NodeKind>]) {
    let (needed, why, hint) = match kind {
        NodeKind::Accept => (
            &[NodeKind::Assign][..],
            "declining has nothing to go back to: no assign node stands before it",
            "put a node of the kind assign before it",
        ),
        NodeKind::Confirm => (
            &[NodeKind::Task, NodeKind::OnSite][..],
            "\"not solved\" has nothing to go back to: no task or on-site node stands before it",
            "put a node of the kind task or on-site before it",
        ),
        NodeKind::Assign | NodeKind::Task | NodeKind::OnSite | NodeKind::Evaluate | NodeKind::FollowUp => return,
    };
    if !before.iter().any(|k| k.is_none_or(|k| needed.contains(&k))) {
        table.sink().report_with(&table.place_of("kind"), why, hint);
    }
}

fn read_spec(table: &Table<'_>, kind: NodeKind, book: &mut Book<'_>) -> Option<NodeSpec> {
    match kind {
        NodeKind::Assign => {
            let (to_group, straight) = (table.flag("to_group", true), table.flag("straight", true));
            let spec = assign::Spec { to_group, straight, taken_message: taken_message(table, book) };
            if !spec.to_group && !spec.straight {
                table.sink().report_with(&table.place_of("straight"), "nobody could be assigned", "set to_group or straight to true");
            }
            Some(NodeSpec::Assign(spec))
        }
        NodeKind::Accept => {
            let may_decline = table.flag("decline", true);
            let (may_transfer, beyond_group) = transfer(table);
            Some(NodeSpec::Accept(accept::Spec { may_decline, may_transfer, beyond_group }))
        }
        NodeKind::Task => {
            let (may_transfer, beyond_group) = transfer(table);
            Some(NodeSpec::Task(task::Spec { may_transfer, beyond_group, taken_message: taken_message(table, book) }))
        }
        NodeKind::OnSite => {
            let (may_transfer, beyond_group) = transfer(table);
            let sop = table.text("sop").and_then(|found| book.refer(Kind::Sop, found.value, &found.place));
            if table.has("sop") {
                book.asked.node_sop(sop.as_ref());
            }
            let overlapping_labor = table.flag("overlapping_labor", false);
            let task = task::Spec { may_transfer, beyond_group, taken_message: taken_message(table, book) };
            Some(NodeSpec::OnSite(on_site::Spec { task, sop, overlapping_labor }))
        }
        NodeKind::Confirm => {
            let message = table.text("message").and_then(|m| book.use_message(&m, true));
            let returned_message = table.text("returned_message").and_then(|m| book.use_message(&m, false));
            Some(NodeSpec::Confirm(confirm::Spec { message, returned_message, link_ends_after: link_ends_after(table) }))
        }
        NodeKind::Evaluate => {
            let method = method(table, book);
            let spec = evaluate::Spec { method: method?, skip: table.flag("skip", true), link_ends_after: link_ends_after(table) };
            Some(NodeSpec::Evaluate(spec))
        }
        NodeKind::FollowUp => follow_up_method(table, book).map(|method| NodeSpec::FollowUp(follow_up::Spec { method })),
    }
}

/// Words of its own for commands of the node.
fn labels(table: &Table<'_>, kind: Option<NodeKind>) -> Option<Labels> {
    let buttons = match kind {
        Some(NodeKind::Evaluate) => Button::OF_EVALUATE,
        Some(NodeKind::FollowUp) => Button::OF_FOLLOW_UP,
        Some(NodeKind::Assign | NodeKind::Accept | NodeKind::Task | NodeKind::OnSite | NodeKind::Confirm) | None => {
            return Some(Labels::new());
        }
    };
    table.known("labels");
    if !table.has("labels") {
        return Some(Labels::new());
    }
    let words = table.table("labels")?;
    let mut labels = Some(Labels::new());
    for button in buttons {
        words.known(button.name());
        if words.has(button.name()) {
            let label = words.label(button.name(), "");
            labels = labels.zip(label).map(|(mut labels, label)| {
                labels.push((*button, label));
                labels
            });
        }
    }
    words.finish();
    labels
}

/// Told to the others when one of them has it.
fn taken_message(table: &Table<'_>, book: &mut Book<'_>) -> Option<Name> {
    table.text("taken_message").and_then(|m| book.use_message(&m, false))
}

fn transfer(table: &Table<'_>) -> (bool, bool) {
    let (transfer, beyond) = (table.flag("transfer", true), table.flag("beyond_group", false));
    if beyond && !transfer {
        let hint = "set transfer = true, or leave beyond_group out";
        table.sink().report_with(
            &table.place_of("beyond_group"),
            "beyond_group says how far a transfer may go, but transfer is false",
            hint,
        );
    }
    (transfer, beyond)
}

fn link_ends_after(table: &Table<'_>) -> Span {
    table.span("link_ends_after").map_or(LINK_ENDS_AFTER, |found| found.value)
}

fn method(table: &Table<'_>, book: &mut Book<'_>) -> Option<evaluate::Method> {
    table.known("skip");
    table.known("link_ends_after");
    let found = table.text("method");
    match found.as_ref().map(|m| m.value) {
        None if table.has("method") => {
            table.known("template");
            table.known("mandatory");
            None
        }
        None | Some("rules") => {
            let hint = "with the method \"rules\" the rule that matches says it; or set method = \"qr-code\"";
            for key in ["template", "mandatory"] {
                table.misplaced(key, format!("{key} belongs to the method \"qr-code\""), hint);
            }
            Some(evaluate::Method::Rules)
        }
        Some("qr-code") => {
            let mandatory = table.flag("mandatory", false);
            let template = table.required("template", "name the [[evaluation_template]] that is asked")?;
            let template = book.refer(Kind::EvaluationTemplate, template.value, &template.place)?;
            Some(evaluate::Method::QrCode { template, mandatory })
        }
        Some(other) => {
            table.known("template");
            table.known("mandatory");
            table.sink().report_with(&table.place_of("method"), format!("there is no method {other:?}"), "known are rules, qr-code");
            None
        }
    }
}

/// How a follow-up goes.
fn follow_up_method(table: &Table<'_>, book: &mut Book<'_>) -> Option<follow_up::Method> {
    let found = table.text("method");
    match found.as_ref().map(|m| m.value) {
        None if table.has("method") => {
            table.known("template");
            table.known("person");
            None
        }
        None | Some("rules") => {
            let hint = "with the method \"rules\" the rule that matches says it; or set method = \"standard\"";
            for key in ["template", "person"] {
                table.misplaced(key, format!("{key} belongs to the method \"standard\""), hint);
            }
            Some(follow_up::Method::Rules)
        }
        Some("standard") => {
            let template = table.required("template", "name the [[evaluation_template]] that is asked");
            let template = template.and_then(|found| book.refer(Kind::EvaluationTemplate, found.value, &found.place));
            table.required("person", "name the staff user who asks");
            let person = rules::person(table);
            Some(follow_up::Method::Standard { template: template?, person: person? })
        }
        Some(other) => {
            table.known("template");
            table.known("person");
            table.sink().report_with(&table.place_of("method"), format!("there is no method {other:?}"), "known are rules, standard");
            None
        }
    }
}
