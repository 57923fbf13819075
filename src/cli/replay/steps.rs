//! The difference between two rows of the log, as commands.
//! Keeps: pure; a command stands for something that the row says and the one before it did not, or for what the process asks
//! for on the way there (whoever resolves has taken it on). What has no command (priority, location) gives none.
//!
//! The row's updater gives the command, unless the node is handed to one person alone, who then does; taking on is the engineer's own.

use super::desk::{Command, Desk, Node, Step};
use super::log::{Row, State};

/// Commands that bring a Work Order from where it stands to what the row says.
pub fn steps(desk: &Desk, before: Option<&Row>, row: &Row) -> Vec<Step> {
    let mut plan = Plan { desk: desk.clone(), row, steps: Vec::new() };
    if plan.desk.node == Node::Confirm && !row.state.is_done() {
        plan.add(Command::NotSolved);
    }
    let moves = moves(&plan.desk, before, row);
    let waits_on = before.is_some_and(|b| b.state == row.state) && matches!(row.state, State::Awaiting(_));
    if plan.desk.on_hold && (!moves.is_empty() || !waits_on) {
        plan.add(Command::Resume);
    }
    for command in moves {
        plan.add(command);
    }
    match row.state {
        State::New => {}
        State::Active => plan.take_on(),
        State::Awaiting(what) if !plan.desk.on_hold => plan.add(Command::Hold(what)),
        State::Awaiting(_) => {}
        State::Resolved => plan.finish(),
        State::Closed => {
            plan.finish();
            if plan.desk.node == Node::Confirm {
                plan.add(Command::Solved);
            }
        }
    }
    plan.steps
}

/// Who it is assigned to from this row on, where that differs.
fn moves(desk: &Desk, before: Option<&Row>, row: &Row) -> Vec<Command> {
    let group_changed = before.is_none_or(|b| b.group != row.group);
    let engineer_changed = before.is_none_or(|b| b.assigned != row.assigned);
    // The log can empty the group, the daemon cannot: the group stays, and the next one counts from it.
    let group = row.group.as_ref().filter(|g| group_changed && desk.group.as_ref() != Some(g));
    let assigning = desk.node == Node::Assign;
    let mut commands = Vec::new();
    if let Some(group) = group {
        let group = group.clone();
        commands.push(if assigning { Command::AssignToGroup(group) } else { Command::TransferToGroup(group) });
    }
    // With the group goes the engineer; a row that still names one names them anew.
    let lost = group.is_some() && !assigning && matches!(desk.node, Node::Accept | Node::Work);
    let named = desk.engineer.as_ref().filter(|_| !lost);
    match &row.assigned {
        Some(engineer) if (engineer_changed || lost) && named != Some(engineer) => {
            let engineer = engineer.clone();
            commands.push(if assigning || lost { Command::AssignToEngineer(engineer) } else { Command::TransferToEngineer(engineer) });
        }
        // Taken back from somebody who has not begun. Who has begun can pass it on, but not leave it to nobody.
        None if engineer_changed && named.is_some() && desk.node == Node::Accept => commands.push(Command::Decline),
        Some(_) | None => {}
    }
    commands
}

struct Plan<'a> {
    desk: Desk,
    row: &'a Row,
    steps: Vec<Step>,
}

impl Plan<'_> {
    fn add(&mut self, command: Command) {
        let by = match &command {
            Command::Accept => self.desk.engineer.clone(),
            // For the dispatchers, whoever has the node.
            Command::Solved | Command::NotSolved | Command::Hold(_) | Command::Resume => None,
            Command::AssignToGroup(_)
            | Command::AssignToEngineer(_)
            | Command::Decline
            | Command::TransferToGroup(_)
            | Command::TransferToEngineer(_)
            | Command::Complete => self.desk.only.clone(),
        };
        let step = Step { by: by.unwrap_or_else(|| self.row.updated_by.clone()), command };
        // Passed on when the work is done: the log says so, and the daemon is asked, but it is not counted on.
        let transfer = matches!(step.command, Command::TransferToGroup(_) | Command::TransferToEngineer(_));
        if !(transfer && matches!(self.desk.node, Node::Confirm | Node::Ended)) {
            self.desk.take(&step);
        }
        self.steps.push(step);
    }

    fn take_on(&mut self) {
        if self.desk.node == Node::Accept {
            self.add(Command::Accept);
        }
    }

    /// To the end of the work. Where nobody is named, it is done by whoever says that it is done.
    fn finish(&mut self) {
        if self.desk.node == Node::Assign {
            let engineer = self.row.assigned.clone().unwrap_or_else(|| self.row.updated_by.clone());
            self.add(Command::AssignToEngineer(engineer));
        }
        self.take_on();
        if self.desk.node == Node::Work {
            self.add(Command::Complete);
        }
    }
}
