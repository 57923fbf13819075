//! Scope: which Work Orders somebody may see, and the scenes of PER-5, as intersections of columns.
//!
//! The rule is `domain/may`; this is the same said for a million at once, and a test holds the two together.

use super::columns::{Columns, Shared};
use crate::domain::context::Context;
use crate::domain::definition::Right;
use crate::domain::ids::{AccountId, ContactId, Name, ServiceGroupId, StaffUserId};
use crate::domain::may;
use crate::domain::may::portal::{self, TERMINAL_USER};
use crate::domain::may::relation::{is_shared_with, shares};
use crate::domain::principal::Principal;
use crate::domain::work_order::state::{Handler, Priority, Status, words};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

words!(
    /// The named lists (PER-5), and what one has submitted oneself (reading 10).
    Scene {
        All = "all",
        MyResponsible = "my-responsible",
        MyParticipation = "my-participation",
        MyDepartments = "my-responsible-departments",
        SubordinatesResponsible = "my-subordinates-responsible",
        SubordinatesParticipated = "my-subordinates-participated",
        SharedToMe = "shared-to-me",
        Unresolved = "unresolved",
        Urgent = "urgent",
        Closed = "closed",
        SubmittedByMe = "submitted-by-me",
    }
);

/// The record types for which somebody may do something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Types {
    #[default]
    None,
    These(Vec<Name>),
    All,
}

/// What decides on what somebody sees, worked out once for a list.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    admin: bool,
    /// For which record types they see everything, and for which what they have to do with.
    everything: Types,
    reads: Types,
    me: Option<StaffUserId>,
    subordinates: Vec<StaffUserId>,
    /// Whose department they head.
    headed: Vec<StaffUserId>,
    /// Whose Work Orders are shared with them.
    shared: Vec<StaffUserId>,
    /// What stands for them as handler.
    handlers: Vec<Handler>,
    groups: Vec<ServiceGroupId>,
    /// Of the service provider they work for.
    provider: Option<Company>,
    /// Who has signed in to the portal; they see what they submitted, and of the types that they read what is of their own account.
    customer: Option<(ContactId, Option<AccountId>)>,
}

#[derive(Debug, Clone)]
struct Company {
    people: Vec<StaffUserId>,
    groups: Vec<ServiceGroupId>,
    roles: Vec<Handler>,
}

impl Types {
    fn of(right: Right, roles: &[Name], cx: &Context<'_>) -> Self {
        let mut found = Vec::new();
        for role in roles {
            match cx.catalogue.role_types(role, right) {
                Some(None) => return Self::All,
                Some(Some(types)) => found.extend(types.iter().cloned()),
                None => {}
            }
        }
        if found.is_empty() { Self::None } else { Self::These(found) }
    }

    fn narrow(&self, found: &mut RoaringBitmap, columns: &Columns) {
        match self {
            Self::None => found.clear(),
            Self::These(types) => *found &= columns.any_of(types.iter().cloned().map(Shared::RecordType)),
            Self::All => {}
        }
    }
}

impl Scope {
    /// Of who acts.
    pub fn of(cx: &Context<'_>) -> Self {
        let (user, roles) = match cx.principal {
            Principal::Staff { user, roles, .. } => (user, roles),
            Principal::TerminalUser { .. } => return Self::of_customer(cx),
            Principal::Guest { .. } | Principal::System => return Self::default(),
        };
        let user = match user {
            None => None,
            Some(id) => match cx.directory.active(id) {
                Some(user) => Some(user),
                None => return Self::default(),
            },
        };
        let ours = user.is_none_or(|user| user.provider.is_none());
        let mut scope = Self {
            admin: ours && may::has_right(Right::Administer, cx),
            everything: if ours { Types::of(Right::ReadAllWorkOrders, roles, cx) } else { Types::None },
            reads: Types::of(Right::ReadWorkOrders, roles, cx),
            ..Self::default()
        };
        if mutant!("everybody-lists") {
            scope.everything = Types::All;
            scope.reads = Types::All;
        }
        let roles: Vec<_> = roles.iter().cloned().map(Handler::Role).collect();
        if ours {
            scope.handlers.extend(roles.iter().cloned());
        }
        let Some(user) = user else { return scope };
        let me = &user.id;
        for (id, group) in cx.directory.groups().filter(|(id, _)| cx.directory.is_member(id, me)) {
            scope.groups.push(id.clone());
            scope.handlers.push(Handler::Members(id.clone()));
            scope.handlers.extend((group.leader.as_ref() == Some(me)).then(|| Handler::Leader(id.clone())));
        }
        scope.handlers.push(Handler::User(me.clone()));
        scope.subordinates = cx.directory.subordinates(me);
        scope.headed = cx.directory.headed_by(me);
        let rules: Vec<_> = cx.catalogue.sharing_rules().iter().filter(|rule| is_shared_with(rule, user, cx)).collect();
        if !rules.is_empty() {
            let owners = cx.directory.staff_users().map(|user| &user.id);
            scope.shared = owners.filter(|owner| rules.iter().any(|rule| shares(rule, owner, cx))).cloned().collect();
        }
        if let Some(company) = &user.provider {
            let people = cx.directory.staff_users().filter(|u| u.provider.as_ref() == Some(company)).map(|u| u.id.clone()).collect();
            let groups = cx.directory.groups().filter(|(_, g)| g.provider.as_ref() == Some(company)).map(|(id, _)| id.clone()).collect();
            scope.provider = Some(Company { people, groups, roles });
        }
        scope.me = Some(me.clone());
        scope
    }

    fn of_customer(cx: &Context<'_>) -> Self {
        let Some(contact) = portal::contact(cx) else { return Self::default() };
        let reads = Name::new(TERMINAL_USER).map_or(Types::None, |role| Types::of(Right::ReadWorkOrders, &[role], cx));
        Self { reads, customer: Some((contact.id.clone(), contact.account.clone())), ..Self::default() }
    }

    /// Whether there is nothing that they do not see but what is void.
    pub fn sees_all(&self) -> bool {
        self.admin || (self.everything == Types::All && self.reads == Types::All)
    }

    /// Whether what is counted of somebody's work is shown: their own, that of those below them, and to whoever sees everything.
    pub fn leads(&self, user: &StaffUserId) -> bool {
        self.sees_all() || self.me.as_ref() == Some(user) || self.subordinates.contains(user) || self.headed.contains(user)
    }

    /// Leaves of these places what may be seen.
    pub fn narrow(&self, found: &mut RoaringBitmap, columns: &Columns) {
        if self.admin {
            return;
        }
        if !mutant!("void-is-listed") {
            *found -= columns.any_of([Shared::Void, Shared::Deleted]);
        }
        if self.sees_all() || found.is_empty() {
            return;
        }
        let mut with_right = columns.all();
        self.everything.narrow(&mut with_right, columns);
        with_right |= self.related(columns);
        self.reads.narrow(&mut with_right, columns);
        with_right |= self.without_right(columns);
        *found &= with_right;
    }

    /// What they see whatever their rights.
    fn without_right(&self, columns: &Columns) -> RoaringBitmap {
        let raised = self.me.iter().cloned().flat_map(|me| [Shared::Raised(me.clone()), Shared::Handler(Handler::User(me))]);
        let mut found = columns.any_of(raised.chain(self.handlers.iter().cloned().map(Shared::Handler)));
        found |= self.asked(columns);
        if let Some((contact, _)) = &self.customer {
            found |= columns.submitted(contact);
        }
        if let Some(company) = &self.provider {
            found |= columns.any_of(company.roles.iter().cloned().map(Shared::Handler)) & company.given(columns);
        }
        found
    }

    /// What waits for its submitter, where they are it.
    fn asked(&self, columns: &Columns) -> RoaringBitmap {
        let raised = columns.any_of(self.me.iter().cloned().map(Shared::Raised));
        raised & columns.any_of([Shared::Handler(Handler::Submitter)])
    }

    /// What they are a handler of, as submitter too.
    pub fn handled(&self, columns: &Columns) -> RoaringBitmap {
        self.handled_as_staff(columns) | self.asked(columns)
    }

    fn handled_as_staff(&self, columns: &Columns) -> RoaringBitmap {
        let mut handled = columns.any_of(self.handlers.iter().cloned().map(Shared::Handler));
        if let Some(company) = &self.provider {
            handled |= columns.any_of(company.roles.iter().cloned().map(Shared::Handler)) & company.given(columns);
        }
        handled
    }

    /// Who it is, if it is a staff user.
    pub fn me(&self) -> Option<&StaffUserId> {
        self.me.as_ref()
    }

    /// The Work Orders whose node waits for them: those they handle, unless another of its handlers has taken the task.
    pub fn waiting_at_nodes(&self, columns: &Columns) -> RoaringBitmap {
        let mut taken = columns.any_of([Shared::Taken]);
        taken -= columns.any_of(self.me.iter().cloned().map(Shared::TakenBy));
        self.handled(columns) - taken
    }

    /// Those that are on their to-do list.
    pub fn waiting(&self, columns: &Columns) -> RoaringBitmap {
        self.waiting_at_nodes(columns) | columns.any_of(self.me.iter().cloned().map(Shared::ToDo))
    }

    /// What they have to do with.
    fn related(&self, columns: &Columns) -> RoaringBitmap {
        let people = || self.me.iter().chain(&self.subordinates).chain(&self.headed);
        let own = people().cloned().flat_map(|user| [Shared::Owner(user.clone()), Shared::Member(user)]);
        let shared = self.shared.iter().cloned().map(Shared::Owner);
        let engineer = self.me.iter().cloned().map(Shared::Engineer);
        let groups = self.groups.iter().cloned().map(Shared::Group);
        let mut found = columns.any_of(own.chain(shared).chain(engineer).chain(groups));
        if let Some((contact, account)) = &self.customer {
            found |= columns.about(contact, account.as_ref());
        }
        if let Some(company) = &self.provider {
            found |= company.given(columns);
        }
        found
    }
}

impl Company {
    /// What was given to it.
    fn given(&self, columns: &Columns) -> RoaringBitmap {
        let people = self.people.iter().cloned().flat_map(|user| [Shared::Engineer(user.clone()), Shared::Owner(user)]);
        columns.any_of(people.chain(self.groups.iter().cloned().map(Shared::Group)))
    }
}

impl Scene {
    /// Leaves of these places what belongs to the scene.
    pub fn narrow(self, found: &mut RoaringBitmap, columns: &Columns, scope: &Scope) {
        if self != Self::All {
            *found &= of_scene(self, columns, scope);
        }
    }
}

fn of_scene(scene: Scene, columns: &Columns, scope: &Scope) -> RoaringBitmap {
    let owned = |people: &[StaffUserId]| columns.any_of(people.iter().cloned().map(Shared::Owner));
    let joined = |people: &[StaffUserId]| columns.any_of(people.iter().cloned().map(Shared::Member));
    let me = scope.me.as_slice();
    let is = |what| columns.any_of([what]);
    match scene {
        Scene::All => columns.all(),
        Scene::MyResponsible => owned(me),
        Scene::MyParticipation => joined(me) | scope.handled_as_staff(columns),
        Scene::MyDepartments => owned(&scope.headed) | joined(&scope.headed),
        Scene::SubordinatesResponsible => owned(&scope.subordinates),
        Scene::SubordinatesParticipated => joined(&scope.subordinates),
        Scene::SharedToMe => owned(&scope.shared),
        Scene::Unresolved => owned(me) & (is(Shared::Status(Status::Open)) | is(Shared::Status(Status::InProgress))),
        Scene::Urgent => owned(me) & is(Shared::Priority(Priority::Urgent)),
        Scene::Closed => owned(me) & is(Shared::Status(Status::Closed)),
        Scene::SubmittedByMe => columns.any_of(me.iter().cloned().map(Shared::Raised)),
    }
}
