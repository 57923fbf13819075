//! Stories in `tests/scenarios/*.txt`, played against the rules alone with the sample company's definitions and a clock set by hand.
//! A line is what somebody does; an indented line under it is what then holds, or the refusal it met.

use crate::explain::Foretold;
use crate::scenario_directory as registry;
use crate::scenario_follow_up as follow_up;
use std::path::PathBuf;
use workorderd::domain::aggregate::{Command, Event, Key, State};
use workorderd::domain::context::Context;
use workorderd::domain::definition::{Catalogue, CatalogueCommand};
use workorderd::domain::directory::read_model::GroupMembers;
use workorderd::domain::directory::{Directory, DirectoryEvent, StaffUser};
use workorderd::domain::form::given::{Given, GivenFields};
use workorderd::domain::form::value::StoredFile;
use workorderd::domain::ids::{ContactId, Name, ServiceGroupId, StaffUserId, VisitNo, WorkOrderId};
use workorderd::domain::number;
use workorderd::domain::principal::Principal;
use workorderd::domain::process::assign::Choice;
use workorderd::domain::rejection::Rejection;
use workorderd::domain::service_group::GroupRule;
use workorderd::domain::text::PersonalText;
use workorderd::domain::time::{Span, Timestamp};
use workorderd::domain::transition::transition;
use workorderd::domain::work_order::command::{Command as OrderCommand, Create, TransferTo};
use workorderd::domain::work_order::deadline::{Deadline, deadlines};
use workorderd::domain::work_order::event::Event as OrderEvent;
use workorderd::domain::work_order::mail::MailOutcome;
use workorderd::domain::work_order::state::{Channel, EntryPoint, HoldReason, Priority, Purpose, RecordKind, WorkOrder};
use workorderd::engine::commit::Committer;
use workorderd::settings::definitions;

struct Story {
    /// The company's definition files, as they are now.
    files: Vec<(String, String)>,
    catalogue: Catalogue,
    directory: Directory,
    now: Timestamp,
    order: Option<Box<WorkOrder>>,
    created: u64,
    /// Nodes left, with how.
    left: Vec<(String, String)>,
    refused: Option<Rejection>,
    /// What the next command gives of a form.
    fields: GivenFields,
    /// What holds across Work Orders, as the writer keeps it.
    writer: Committer,
}

fn slug<T>(text: &str, new: impl Fn(&str) -> Result<T, workorderd::domain::ids::SlugProblem>) -> T {
    new(text).unwrap_or_else(|e| panic!("{text:?} {e}"))
}

impl Story {
    fn begin() -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/definitions");
        let files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().path())
            .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(p).unwrap()))
            .collect();
        let mut catalogue = Catalogue::default();
        let command = CatalogueCommand::ApplyDefinitions(Box::new(definitions::parse(&files).unwrap()));
        catalogue.decide(&command).unwrap().iter().for_each(|event| catalogue.evolve(event));
        let mut directory = Directory::default();
        let people = [
            ("dora", "dispatcher"),
            ("lena", "engineer"),
            ("emil", "engineer"),
            ("mei", "engineer"),
            ("otto", "engineer"),
            ("wilma", "service-staff"),
            ("root", "admin"),
            ("fiona", "follow-up"),
            ("iris", "follow-up"),
        ];
        for (id, role) in people {
            directory.take(&DirectoryEvent::StaffUserPut(StaffUser {
                id: slug(id, StaffUserId::new),
                name: PersonalText::new(id),
                email: Some(PersonalText::new(&format!("{id}@example.org"))),
                language: "en".into(),
                roles: vec![slug(role, Name::new)],
                superior: (id != "root" && id != "lena").then(|| slug(if role == "engineer" { "lena" } else { "root" }, StaffUserId::new)),
                department: None,
                provider: None,
                call_account: None,
                skills: Vec::new(),
                regions: Vec::new(),
                absence: None,
                notices: None,
                disabled: false,
                erased: None,
            }));
        }
        directory.take(&DirectoryEvent::ContactPut(registry::wang()));
        for (id, rule) in [
            ("hydraulics", GroupRule::ByLeader),
            ("lifts", GroupRule::Pool),
            ("pumps", GroupRule::RoundRobin),
            ("hotline", GroupRule::Pool),
        ] {
            let [leader, emil, mei] = ["lena", "emil", "mei"].map(|m| slug(m, StaffUserId::new));
            let (leader, members) = (Some(leader), vec![emil, mei]);
            let group = GroupMembers { name: id.into(), leader, members, rule, limit: None, provider: None, disabled: false };
            directory.take_group(&slug(id, ServiceGroupId::new), group);
        }
        Self {
            files,
            catalogue,
            directory,
            now: Timestamp(1_795_000_000_000),
            order: None,
            created: 0,
            left: Vec::new(),
            refused: None,
            fields: Vec::new(),
            writer: Committer::default(),
        }
    }

    fn submit(&mut self, principal: Principal, command: OrderCommand) {
        let cx = Context { now: self.now, principal: &principal, catalogue: &self.catalogue, directory: &self.directory };
        let before = self.order.clone().map(State::WorkOrder);
        let key = Key::WorkOrder(before.as_ref().map_or(WorkOrderId(self.created.into()), |s| s.work_order().unwrap().id));
        let foretold = Foretold::by(self.order.as_deref(), &command, &cx);
        let result = transition(&key, before.as_ref(), &Command::WorkOrder(command), &cx);
        if let Some(foretold) = foretold {
            foretold.holds(result.as_ref().map(|step| step.state.work_order().unwrap()));
        }
        match result {
            Ok(step) => {
                if let Some(rejection) = step.claims.iter().find_map(|claim| self.writer.refusal(claim)) {
                    self.refused = Some(rejection);
                    return;
                }
                self.writer.load(&key, 1, 0, &step.claims);
                let folded = step.events.iter().fold(before.clone(), |state, event| State::evolve(state, event, self.now));
                assert_eq!(folded.as_ref(), Some(&step.state), "the state is the fold of the events");
                for event in &step.events {
                    if let Event::WorkOrder(OrderEvent::NodeLeft { exit, .. }) = event {
                        let node = before.as_ref().and_then(|s| s.work_order()?.visit()).map(|v| v.name.to_string()).unwrap();
                        self.left.push((node, exit.name().to_owned()));
                    }
                }
                let State::WorkOrder(order) = step.state else { panic!("a Work Order stays one") };
                self.order = Some(order);
            }
            Err(rejection) => self.refused = Some(rejection),
        }
    }

    /// What an admin does with the directory.
    fn register(&mut self, principal: Principal, what: &str, name: &str) {
        let command = registry::command(what, name, &self.directory);
        let cx = Context { now: self.now, principal: &principal, catalogue: &self.catalogue, directory: &self.directory };
        match registry::step(command, &cx) {
            Ok(event) => self.directory.take(&event),
            Err(rejection) => self.refused = Some(rejection),
        }
    }

    /// What an admin does with the definitions.
    fn define(&mut self, principal: Principal, command: CatalogueCommand) {
        let cx = Context { now: self.now, principal: &principal, catalogue: &self.catalogue, directory: &self.directory };
        let before = State::Catalogue(Box::new(self.catalogue.clone()));
        match transition(&Key::Catalogue, Some(&before), &Command::Catalogue(command), &cx) {
            Ok(step) => {
                let State::Catalogue(catalogue) = step.state else { panic!("a catalogue stays one") };
                self.catalogue = *catalogue;
            }
            Err(rejection) => self.refused = Some(rejection),
        }
    }

    /// `old -> new` in all files, which are then applied.
    fn change_files(&mut self, principal: Principal, change: &str) {
        let (old, new) = change.split_once(" -> ").unwrap();
        assert!(self.files.iter().any(|(_, text)| text.contains(old)), "no file says {old:?}");
        for (_, text) in &mut self.files {
            *text = text.replace(old, new);
        }
        let surroundings =
            definitions::Surroundings { there: &self.catalogue.definitions(), service_ticket_types: definitions::SERVICE_TICKET_TYPES };
        let wanted = definitions::parse_into(&self.files, &surroundings).unwrap();
        self.define(principal, CatalogueCommand::ApplyDefinitions(Box::new(wanted)));
    }

    fn staff(&self, name: &str) -> Principal {
        let user = slug(name, StaffUserId::new);
        let roles = self.directory.staff_user(&user).unwrap_or_else(|| panic!("there is no {name}")).roles.clone();
        Principal::Staff { user: Some(user), roles, through: "uid:1000".into() }
    }

    fn guest(&self, purpose: Purpose) -> (Principal, workorderd::domain::ids::InvitationNo) {
        let order = self.order.as_ref().unwrap();
        let invitation = order.invitations.iter().rev().find(|i| i.purpose == purpose).expect("an invitation").no;
        (Principal::Guest { order: order.id, invitation }, invitation)
    }

    /// Time passes; what falls due fires at its time, in order.
    fn pass(&mut self, span: Span) {
        let until = self.now.plus(span);
        while let Some((due, deadline)) = self.order.as_ref().and_then(|o| {
            let node_timers = deadlines(o).into_iter().filter(|(due, d)| *due <= until && !matches!(d, Deadline::Mail(_)));
            node_timers.min()
        }) {
            self.now = self.now.max(due);
            self.submit(Principal::System, OrderCommand::Fire { deadline, completes_until: self.now });
            assert_eq!(self.refused, None, "a timer that is due fires");
        }
        self.now = until;
    }

    fn play(&mut self, line: &str) {
        let (words, text) = match line.split_once(':') {
            Some((words, text)) => (words, Some(text.trim().to_owned())),
            None => (line, None),
        };
        if words == "on the form" {
            // `on the form: fault = it leaks; floor = 3`
            let field = |part: &str| part.split_once('=').map(|(n, v)| (n.trim().into(), given(v.trim()))).unwrap();
            self.fields = text.unwrap().split(';').map(field).collect();
            return;
        }
        let text_or = |text: Option<String>| text.unwrap_or_default();
        if let Some(span) = words.strip_suffix(" days pass").map(|n| Span::days(n.parse().unwrap())) {
            return self.pass(span);
        }
        if let Some(span) = words.strip_suffix(" hours pass").map(|n| Span::hours(n.parse().unwrap())) {
            return self.pass(span);
        }
        if words == "the mails go out" {
            let pending = |o: &WorkOrder| o.mails.iter().find(|m| !m.status.is_settled()).map(|m| (m.no, m.attempts + 1));
            while let Some((mail, attempt)) = self.order.as_ref().and_then(|o| pending(o)) {
                self.submit(Principal::System, OrderCommand::RecordMail { mail, attempt, outcome: MailOutcome::Sent });
            }
            return;
        }
        if let Some(what) = words.strip_prefix("the customer ") {
            return self.customer(what, text);
        }
        if let Some(whom) = words.strip_prefix("the group chooses ") {
            return self.group_chooses(whom, text);
        }
        let (who, what) = words.split_once(' ').unwrap();
        let principal = self.staff(who);
        let command = match what {
            _ if what.starts_with("creates a") => return self.create(principal, what, text_or(text)),
            _ if registry::VERBS.iter().any(|verb| what.starts_with(verb)) => return self.register(principal, what, &text_or(text)),
            "changes the files" => return self.change_files(principal, &text_or(text)),
            "claims" => OrderCommand::Claim,
            "accepts" => OrderCommand::AcceptAssignment,
            "declines" => OrderCommand::DeclineAssignment { reason: text_or(text) },
            "takes the task" => OrderCommand::TakeTask,
            "completes" => OrderCommand::CompleteTask { note: text, fields: std::mem::take(&mut self.fields) },
            "saves the fields" => OrderCommand::SaveFields { step: None, fields: std::mem::take(&mut self.fields) },
            _ if what.starts_with("saves step ") => {
                let step = what.strip_prefix("saves step ").map(str::to_owned);
                OrderCommand::SaveFields { step, fields: std::mem::take(&mut self.fields) }
            }
            "confirms" => OrderCommand::ConfirmSolved { fields: std::mem::take(&mut self.fields) },
            "says not solved" => OrderCommand::ConfirmNotSolved { reason: text_or(text) },
            "closes the follow-up" => OrderCommand::CloseFollowUp { reason: text_or(text) },
            _ if follow_up::VERBS.iter().any(|verb| what.starts_with(verb)) => follow_up::command(what, text),
            "skips the evaluation" => OrderCommand::SkipEvaluation { reason: None },
            _ if what.contains(" labor") || what.contains(" step ") => self.on_site(what, text),
            "notes a call" => OrderCommand::AddServiceRecord { kind: RecordKind::Call, text: text_or(text) },
            "resumes" => OrderCommand::Resume,
            "cancels" => OrderCommand::Cancel { reason: text },
            "rejects" => OrderCommand::Reject { reason: text_or(text) },
            _ => {
                let (verb, object) = what.rsplit_once(' ').unwrap();
                let record_type = || slug(object, Name::new);
                match verb {
                    "publishes" => return self.define(principal, CatalogueCommand::PublishRecordType(record_type())),
                    "retires" => return self.define(principal, CatalogueCommand::RetireRecordType(record_type())),
                    "deletes" => return self.define(principal, CatalogueCommand::DeleteRecordType(record_type())),
                    "assigns to group" => OrderCommand::AssignToGroup { group: slug(object, ServiceGroupId::new) },
                    "assigns to engineer" => OrderCommand::AssignToEngineer { engineer: slug(object, StaffUserId::new), over_limit: false },
                    "transfers to engineer" => {
                        OrderCommand::Transfer { to: TransferTo::Engineer(slug(object, StaffUserId::new)), reason: text }
                    }
                    "transfers to group" => {
                        OrderCommand::Transfer { to: TransferTo::Group(slug(object, ServiceGroupId::new)), reason: text }
                    }
                    "holds for" => OrderCommand::Hold { reason: HoldReason::from_name(object).unwrap(), note: text },
                    "passes it on to" => OrderCommand::PassFollowUpOn { to: slug(object, StaffUserId::new), reason: text },
                    "moves it to version" => OrderCommand::MoveToVersion { version: object.parse().unwrap() },
                    _ => panic!("nobody knows how to {what:?}"),
                }
            }
        };
        self.submit(principal, command);
    }

    /// Steps and labor of a visit.
    fn on_site(&mut self, what: &str, text: Option<String>) -> OrderCommand {
        let (verb, rest) = what.split_once(' ').unwrap();
        let rest = rest.strip_prefix("step ").or_else(|| rest.strip_prefix("labor")).unwrap().trim();
        let step = || rest.strip_prefix("on ").map(str::to_owned);
        let (first, second) = rest.split_once(" at ").map_or((rest, None), |(a, b)| (a, Some(b.to_owned())));
        match verb {
            "completes" => {
                let fields = std::mem::take(&mut self.fields);
                OrderCommand::CompleteStep { step: first.into(), location: second, note: text, fields }
            }
            "skips" => OrderCommand::SkipStep { step: first.into(), reason: text.unwrap_or_default() },
            "starts" => OrderCommand::StartLabor { step: step() },
            "stops" => OrderCommand::StopLabor { at: None },
            "enters" => {
                // `enters labor from 90 to 30 minutes ago`
                let ago = rest.strip_prefix("from ").and_then(|r| r.strip_suffix(" minutes ago")?.split_once(" to ")).unwrap();
                let at = |minutes: &str| Timestamp(self.now.0 - minutes.parse::<i64>().unwrap() * 60_000);
                OrderCommand::EnterLabor { from: at(ago.0), to: at(ago.1), step: None }
            }
            _ => panic!("nobody knows how to {what:?}"),
        }
    }

    /// What the group's own rule came to, for the visit at which it was asked last.
    fn group_chooses(&mut self, whom: &str, why: Option<String>) {
        let order = self.order.as_ref().unwrap();
        let turn = order.asks_for_turn().map(|(group, _)| group.clone());
        let (group, visit) = (turn.or(order.group.clone()).unwrap(), VisitNo(order.visits));
        let choice = match whom {
            "nobody" => Choice::Nobody(why.unwrap_or_default().into()),
            somebody => Choice::Engineer(slug(somebody, StaffUserId::new)),
        };
        self.submit(Principal::System, OrderCommand::AssignByRule { group, visit, choice });
    }

    fn create(&mut self, principal: Principal, what: &str, subject: String) {
        let (what, priority) = what.strip_prefix("creates a").unwrap().trim_start_matches('n').trim_start().split_once(", ").unwrap();
        let (record_type, contact) = what.split_once(" for ").map_or((what, None), |(t, c)| (t, Some(c)));
        self.created += 1;
        let before = self.order.take();
        self.left.clear();
        let create = Create {
            id: WorkOrderId(self.created.into()),
            number: number::spell("WO-", self.created),
            record_type: slug(record_type, Name::new),
            subject,
            description: None,
            reference: None,
            account: None,
            contact: contact.map(|c| slug(c, ContactId::new)),
            priority: Priority::from_name(priority).unwrap(),
            channel: Channel::Phone,
            entry_point: EntryPoint::List,
            submitter: None,
            fields: std::mem::take(&mut self.fields),
        };
        self.submit(principal, OrderCommand::Create(Box::new(create)));
        // Refused: the Work Order that the story is about stays the same.
        self.order = self.order.take().or(before);
    }

    fn customer(&mut self, what: &str, text: Option<String>) {
        if let Some(stars) = what.strip_prefix("rates ") {
            let (principal, invitation) = self.guest(Purpose::Evaluate);
            let answers = vec![("overall".into(), stars.into()), ("comment".into(), "谢谢".into())];
            return self.submit(principal, OrderCommand::SubmitEvaluation { invitation, answers });
        }
        let (principal, _) = self.guest(Purpose::Confirm);
        let command = match what {
            "confirms" => OrderCommand::ConfirmSolved { fields: GivenFields::default() },
            "says not solved" => OrderCommand::ConfirmNotSolved { reason: text.unwrap_or_default() },
            _ => panic!("a customer does not {what:?}"),
        };
        self.submit(principal, command);
    }

    /// Whether a statement holds, and what holds instead.
    fn check(&self, statement: &str) -> Result<(), String> {
        let (what, value) = statement.split_once(' ').unwrap_or((statement, ""));
        if let ("type", Some((name, state))) = (what, value.split_once(" is ")) {
            let stands = self.catalogue.type_state(&slug(name, Name::new)).map_or("nowhere", |state| state.name());
            return if stands == state { Ok(()) } else { Err(format!("{name} is {stands}, not {state}")) };
        }
        if what == "terminal" {
            return registry::check(value, &self.directory);
        }
        let order = self.order.as_ref().ok_or("there is no Work Order")?;
        if what == "field" {
            return registry::check_field(value, order, &self.directory);
        }
        let nobody = || "nobody".to_owned();
        let visit = order.visit();
        let actual = match what {
            "version" => order.process.version.to_string(),
            "status" => order.status().name().to_owned(),
            "at" => visit.map_or_else(|| "its end".into(), |v| v.name.to_string()),
            "for" => visit.map(|v| v.handlers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")).unwrap_or_default(),
            "engineer" => order.engineer.as_ref().map_or_else(nobody, ToString::to_string),
            "group" => order.group.as_ref().map_or_else(nobody, ToString::to_string),
            "ended" => order.outcome.map_or_else(nobody, |o| o.name().into()),
            "reopened" => order.reopened.to_string(),
            "mails" => order.mails_made.to_string(),
            "evaluations" => order.evaluations.len().to_string(),
            "attempts" => order.attempts().1.to_string(),
            "taken" => follow_up::taken(order),
            "overdue" => visit.filter(|v| v.overdue).map_or_else(nobody, |_| String::new()),
            "evaluation" => match visit.map(|v| &v.state) {
                Some(workorderd::domain::process::NodeState::Evaluate(e)) if e.mandatory => "mandatory".into(),
                Some(workorderd::domain::process::NodeState::Evaluate(_)) => "not mandatory".into(),
                _ => nobody(),
            },
            "steps" => steps(order),
            "files" => registry::files(order),
            "records" => order.service_records().1.to_string(),
            "running" => {
                let runs = order.labor().iter().filter(|l| l.to.is_none()).map(|l| l.engineer.to_string()).collect::<Vec<_>>();
                if runs.is_empty() { nobody() } else { runs.join(", ") }
            }
            "labor" => {
                let who = value.split(' ').nth(1).unwrap_or_default();
                let mine = order.labor().iter().filter(|l| l.engineer.as_str() == who);
                format!("of {who} {} min", mine.map(|l| l.span(self.now).0).sum::<u64>() / 60_000)
            }
            "left" => self.left.last().map_or_else(nobody, |(node, exit)| format!("{node} as {exit}")),
            "the" if value == "last evaluation came after completion" => {
                let late = order.evaluations.last().is_some_and(|e| e.after_completion);
                if late { value.to_owned() } else { nobody() }
            }
            _ => return Err(format!("nobody knows what {statement:?} means")),
        };
        if actual == value { Ok(()) } else { Err(format!("{what} is {actual:?}, not {value:?}")) }
    }
}

/// `it leaks`, or files by their names: `files door.jpg, roof.jpg`; the content of each is its name, its kind is told by the ending.
fn given(text: &str) -> Given {
    let Some(files) = text.strip_prefix("files ") else { return Given::text(text) };
    let file = |name: &str| {
        let media_type = match name.rsplit_once('.') {
            Some((_, "jpg")) => "image/jpeg",
            Some((_, "png")) => "image/png",
            _ => "text/plain",
        };
        let hash = blake3::hash(name.as_bytes()).to_hex().as_str().into();
        Given::File(StoredFile { hash, size: name.len() as u64, media_type: media_type.into(), name: PersonalText::new(name) })
    };
    Given::List(files.split(", ").map(file).collect())
}

/// What is behind the last visit, in the order of the settling.
fn steps(order: &WorkOrder) -> String {
    let told = order.on_site().into_iter().flat_map(|state| &state.steps);
    let words: Vec<_> = told.map(|s| format!("{}{}", s.step, if s.skipped { " (skipped)" } else { "" })).collect();
    if words.is_empty() { "none".into() } else { words.join(", ") }
}

fn play(name: &str, text: &str) {
    let mut story = Story::begin();
    let mut lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')).peekable();
    while let Some((number, line)) = lines.next() {
        let at = |n: usize| format!("{name}:{}: ", n + 1);
        assert!(!line.starts_with(' '), "{}what holds stands under what somebody does", at(number));
        story.refused = None;
        let before = story.order.clone();
        story.play(line);
        let mut expected = None;
        while let Some((number, checks)) = lines.next_if(|(_, l)| l.starts_with(' ')) {
            // A refusal may be told word by word, with whatever stands in it.
            let whole = checks.trim().strip_prefix("refused ").and_then(|refusal| refusal.split_once(": "));
            if let Some((refusal, words)) = whole {
                expected = Some(refusal);
                let told = story.refused.as_ref().map(ToString::to_string);
                assert_eq!(told.as_deref(), Some(words), "{}{line}", at(number));
                continue;
            }
            for statement in checks.split(';').map(str::trim) {
                match statement.strip_prefix("refused ") {
                    Some(refusal) => expected = Some(refusal),
                    None => story.check(statement).unwrap_or_else(|problem| panic!("{}{problem}", at(number))),
                }
            }
        }
        assert_eq!(
            story.refused.as_ref().map(Rejection::name),
            expected,
            "{}{line}: {:?}",
            at(number),
            story.refused.as_ref().map(ToString::to_string)
        );
        if expected.is_some() {
            assert_eq!(story.order, before, "{}a refusal changes nothing", at(number));
        }
    }
}

#[test]
fn every_story_goes_as_it_is_told() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let paths: std::collections::BTreeSet<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(paths.len() >= 6, "the stories are there");
    for path in paths {
        play(&path.file_name().unwrap().to_string_lossy(), &std::fs::read_to_string(&path).unwrap());
    }
}
