//! Service groups' own rules, one at a time and without disk or shell: whose turn it is, who is passed over, what is limited (ASG-3).
//!
//! Claims are judged by the writer's checks themselves; what whole runs must keep is in `simulation`.

use crate::world::company::{self, group, user};
use std::collections::BTreeMap;
use workorderd::domain::aggregate::{Claim, Command, Key, State};
use workorderd::domain::context::Context;
use workorderd::domain::definition::Catalogue;
use workorderd::domain::directory::{Absence, Directory, DirectoryEvent};
use workorderd::domain::ids::{Region, Skill, StaffUserId, VisitNo, WorkOrderId};
use workorderd::domain::principal::Principal;
use workorderd::domain::process::assign::{Ask, Choice};
use workorderd::domain::rejection::Rejection;
use workorderd::domain::service_group::{GroupRule, Needs, ServiceGroup, ServiceGroupCommand};
use workorderd::domain::time::Timestamp;
use workorderd::domain::transition::transition;
use workorderd::domain::work_order::reaction::LoadChanged;
use workorderd::engine::commit::Committer;
use workorderd::engine::delivery::{Sending, choices};

const MEMBERS: [&str; 4] = ["eng-1", "eng-2", "eng-3", "eng-4"];

/// A group, its people, and the Work Orders that ask it.
struct Team {
    directory: Directory,
    state: Option<State>,
    sequence: u64,
    now: Timestamp,
    given: BTreeMap<StaffUserId, u32>,
}

impl Team {
    fn new(rule: GroupRule, limit: Option<u32>) -> Self {
        let mut directory = Directory::default();
        for (id, ..) in company::STAFF {
            let mut one = company::staff(id);
            (one.skills, one.regions) = (Vec::new(), Vec::new());
            directory.take(&DirectoryEvent::StaffUserPut(one));
        }
        let ServiceGroupCommand::Put(mut entry) = company::put_group("north") else { panic!("a put") };
        (entry.members, entry.rule, entry.limit) = (MEMBERS.map(user).to_vec(), rule, limit);
        let mut team = Self { directory, state: None, sequence: 0, now: Timestamp(1_000), given: BTreeMap::new() };
        team.tell(ServiceGroupCommand::Put(entry)).expect("it is founded");
        team
    }

    fn group(&self) -> &ServiceGroup {
        let Some(State::ServiceGroup(group)) = &self.state else { panic!("a group") };
        group
    }

    /// Tells the group something; the state is the fold of the events, as after a crash.
    fn tell(&mut self, command: ServiceGroupCommand) -> Result<(), Rejection> {
        let catalogue = Catalogue::default();
        let cx = Context { now: self.now, principal: &Principal::System, catalogue: &catalogue, directory: &self.directory };
        let before = self.state.clone();
        let step = transition(&Key::ServiceGroup(group("north")), before.as_ref(), &Command::ServiceGroup(command), &cx)?;
        let folded = step.events.iter().fold(before, |state, event| State::evolve(state, event, self.now));
        assert_eq!(folded.as_ref(), Some(&step.state));
        self.state = Some(step.state);
        Ok(())
    }

    fn message(&mut self, order: u128, engineer: Option<&StaffUserId>, change: i8, needs: Option<&Needs>) -> (u64, LoadChanged) {
        self.sequence += 1;
        let ask = needs.map(|needs| Ask { visit: VisitNo(1), needs: needs.clone() });
        (self.sequence, LoadChanged { group: group("north"), order: WorkOrderId(order), engineer: engineer.cloned(), change, ask })
    }

    fn take(&mut self, messages: Vec<(u64, LoadChanged)>) {
        let sequence = self.sequence;
        self.tell(ServiceGroupCommand::Take { sequence, messages }).expect("they are new");
    }

    /// A Work Order comes into the group and asks.
    fn ask(&mut self, order: u128, needs: &Needs) -> Choice {
        let message = self.message(order, None, 1, Some(needs));
        self.take(vec![message]);
        self.choice(order)
    }

    fn choice(&self, order: u128) -> Choice {
        self.group().offers[&WorkOrderId(order)].choice.clone()
    }

    /// It does what the group chose, and says so.
    fn give(&mut self, order: u128) -> Option<StaffUserId> {
        let Choice::Engineer(engineer) = self.choice(order) else { return None };
        let messages = vec![self.message(order, None, -1, None), self.message(order, Some(&engineer), 1, None)];
        self.take(messages);
        *self.given.entry(engineer.clone()).or_default() += 1;
        Some(engineer)
    }

    fn run(&mut self, orders: std::ops::Range<u128>) -> Vec<String> {
        orders
            .map(|order| {
                self.ask(order, &Needs::default());
                self.give(order).map_or_else(|| "nobody".to_owned(), |e| e.to_string())
            })
            .collect()
    }

    fn change(&mut self, id: &str, change: impl Fn(&mut workorderd::domain::directory::StaffUser)) {
        let mut one = self.directory.staff_user(&user(id)).expect("of the company").clone();
        change(&mut one);
        self.directory.take(&DirectoryEvent::StaffUserPut(one));
    }
}

#[test]
fn the_turn_goes_round_and_everybody_gets_equally_many() {
    let mut team = Team::new(GroupRule::RoundRobin, None);
    assert_eq!(team.run(0..6), ["eng-1", "eng-2", "eng-3", "eng-4", "eng-1", "eng-2"]);
    team.run(6..103);
    let counts: Vec<u32> = team.given.values().copied().collect();
    assert_eq!((counts.len(), counts.iter().max().unwrap() - counts.iter().min().unwrap()), (4, 1), "{counts:?}");
}

#[test]
fn many_that_ask_at_once_are_given_round_as_well_and_count_before_they_answer() {
    let mut team = Team::new(GroupRule::RoundRobin, Some(2));
    let messages: Vec<_> = (0..10).map(|order| team.message(order, None, 1, Some(&Needs::default()))).collect();
    team.take(messages);
    let chosen: Vec<_> = (0..10).map(|order| team.choice(order)).collect();
    for (order, choice) in chosen.iter().take(8).enumerate() {
        assert_eq!(*choice, Choice::Engineer(user(MEMBERS[order % 4])));
    }
    assert_eq!(chosen[8..], [0, 1].map(|_| Choice::Nobody("nobody fits: 4 at the limit".into())));
    assert!(MEMBERS.iter().all(|m| team.group().carries(&user(m)) == 2));
}

#[test]
fn follow_ups_go_round_whatever_the_rule_of_the_group_with_a_turn_of_their_own_and_are_no_work_of_it() {
    for rule in GroupRule::ALL {
        // A limit of one, and everybody lacks what the work would need.
        let mut team = Team::new(rule, Some(1));
        for turn in 0..9 {
            let order = 100 + turn;
            let message = team.message(order, None, 0, Some(&Needs::turn()));
            team.take(vec![message]);
            let person = user(MEMBERS[turn as usize % 4]);
            assert_eq!(team.choice(order), Choice::Engineer(person.clone()), "{rule:?}");
            assert_eq!((team.group().open, team.group().carries(&person)), (0, 0), "it is no work of the group");
            let over = team.message(order, None, 0, None);
            team.take(vec![over]);
            assert!(team.group().offers.is_empty());
        }
    }
}

#[test]
fn neither_turn_moves_the_other() {
    let mut team = Team::new(GroupRule::RoundRobin, None);
    for turn in 0..12 {
        let [work, follow_up] = [turn, 100 + turn];
        team.ask(work, &Needs::default());
        assert_eq!(team.give(work), Some(user(MEMBERS[turn as usize % 4])));
        let message = team.message(follow_up, None, 0, Some(&Needs::turn()));
        team.take(vec![message]);
        // With one turn for both, every second of them would get all the work and the others all the follow-ups.
        assert_eq!(team.choice(follow_up), Choice::Engineer(user(MEMBERS[turn as usize % 4])));
    }
}

#[test]
fn whoever_is_absent_or_gone_is_passed_over_and_the_others_get_equally_many() {
    let mut team = Team::new(GroupRule::Pool, None);
    team.change("eng-2", |one| one.absence = Some(Absence { from: Timestamp(0), until: Timestamp(5_000) }));
    team.change("eng-3", |one| one.disabled = true);
    let turns = |team: &mut Team, orders: std::ops::Range<u128>| -> Vec<String> {
        let asked = orders.map(|order| {
            let message = team.message(order, None, 0, Some(&Needs::turn()));
            team.take(vec![message]);
            match team.choice(order) {
                Choice::Engineer(person) => person.to_string(),
                Choice::Nobody(why) => why.to_string(),
            }
        });
        asked.collect()
    };
    assert_eq!(turns(&mut team, 0..4), ["eng-1", "eng-4", "eng-1", "eng-4"]);
    team.now = Timestamp(5_000);
    assert_eq!(turns(&mut team, 4..7), ["eng-1", "eng-2", "eng-4"]);
    for id in ["eng-1", "eng-2", "eng-4"] {
        team.change(id, |one| one.disabled = true);
    }
    assert_eq!(turns(&mut team, 7..8), ["nobody fits: 4 left"]);
}

#[test]
fn who_carries_least_is_chosen_and_among_equals_the_next_in_turn() {
    let mut team = Team::new(GroupRule::LeastLoaded, None);
    assert_eq!(team.run(0..4), MEMBERS);
    let finished = team.message(1, Some(&user("eng-2")), -1, None);
    team.take(vec![finished]);
    assert_eq!(team.run(4..7), ["eng-2", "eng-3", "eng-4"]);
}

#[test]
fn the_absent_the_unskilled_and_those_elsewhere_are_passed_over_and_told_apart() {
    let mut team = Team::new(GroupRule::RoundRobin, None);
    let away = Absence { from: Timestamp(1_000), until: Timestamp(2_000) };
    team.change("eng-1", |one| one.absence = Some(away));
    team.change("eng-2", |one| one.disabled = true);
    team.change("eng-3", |one| one.skills = vec![Skill::new("lifts").unwrap()]);
    team.change("eng-4", |one| one.regions = vec![Region::new("west").unwrap()]);
    let needs = |skill: Option<&str>, region: Option<&str>| Needs {
        skills: skill.map(|s| Skill::new(s).unwrap()).into_iter().collect(),
        region: region.map(|r| Region::new(r).unwrap()),
        turn: false,
    };
    assert_eq!(team.ask(1, &needs(Some("lifts"), None)), Choice::Engineer(user("eng-3")));
    assert_eq!(team.ask(2, &needs(None, Some("west"))), Choice::Engineer(user("eng-4")));
    assert_eq!(team.ask(3, &needs(None, Some("east"))), Choice::Engineer(user("eng-3")), "who names no region works in every one");
    assert_eq!(team.ask(4, &needs(Some("pumps"), None)), Choice::Nobody("nobody fits: 1 left, 1 absent, 2 without the skill".into()));
    team.now = away.until;
    assert_eq!(team.ask(5, &needs(None, Some("east"))), Choice::Engineer(user("eng-1")), "back at the first moment");
}

#[test]
fn a_choice_that_cannot_be_followed_goes_to_the_next_until_nobody_is_left() {
    let mut team = Team::new(GroupRule::RoundRobin, None);
    team.ask(1, &Needs::default());
    for id in MEMBERS {
        assert_eq!(team.choice(1), Choice::Engineer(user(id)));
        let again = |engineer| ServiceGroupCommand::Reconsider { order: WorkOrderId(1), visit: VisitNo(1), engineer };
        assert_eq!(team.tell(again(user("lead-a"))), Err(Rejection::ChoiceStale), "nobody chose lead-a");
        team.tell(again(user(id))).expect("it stands");
    }
    assert_eq!(team.choice(1), Choice::Nobody("nobody fits: 4 not available".into()));
}

#[test]
fn what_is_over_gives_its_place_back_and_asks_no_more() {
    let mut team = Team::new(GroupRule::RoundRobin, Some(1));
    assert_eq!(team.ask(1, &Needs::default()), Choice::Engineer(user("eng-1")));
    // Cancelled before the choice came to it.
    let cancelled = team.message(1, None, -1, None);
    team.take(vec![cancelled]);
    assert_eq!((team.group().open, team.group().offers.len(), team.group().carries(&user("eng-1"))), (0, 0, 0));
    // Asked and over within one parcel.
    let both = vec![team.message(2, None, 1, Some(&Needs::default())), team.message(2, None, -1, None)];
    team.take(both);
    assert!(team.group().offers.is_empty());
    assert_eq!(team.run(3..8), ["eng-2", "eng-3", "eng-4", "eng-1", "nobody"]);
}

#[test]
fn choices_set_out_once_and_again_after_a_start() {
    let mut team = Team::new(GroupRule::RoundRobin, None);
    let before = team.group().clone();
    team.ask(1, &Needs::default());
    let sets_out =
        Sending::ToOrder { group: group("north"), order: WorkOrderId(1), visit: VisitNo(1), choice: Choice::Engineer(user("eng-1")) };
    assert_eq!(choices(Some(&before), team.group()), std::slice::from_ref(&sets_out));
    assert!(choices(Some(team.group()), team.group()).is_empty());
    assert_eq!(choices(None, team.group()), [sets_out]);
}

#[test]
fn the_writer_counts_and_refuses_one_too_many() {
    let claim = |limit| Claim::OpenWork { group: group("north"), engineer: user("eng-1"), limit };
    let mut writer = Committer::default();
    for n in 1..=2 {
        writer.load(&Key::WorkOrder(WorkOrderId(n)), 1, 8, &[claim(None)]);
    }
    assert_eq!(writer.refusal(&claim(Some(3))), None);
    assert_eq!(writer.refusal(&claim(None)), None, "what comes back is theirs");
    let over = Rejection::OverLimit { engineer: "eng-1".into(), group: "north".into(), open: 2, limit: 2 };
    assert_eq!(writer.refusal(&claim(Some(2))), Some(over));
    let other = Claim::OpenWork { group: group("south"), engineer: user("eng-1"), limit: Some(1) };
    assert_eq!(writer.refusal(&other), None, "each group by itself");
}
