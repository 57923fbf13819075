//! What aggregates have for each other, as `runtime/deliver.rs` brings it: messages to groups, choices to Work Orders.

use super::daemon::Ticket;
use super::world::World;
use workorderd::domain::aggregate::{Command, Key};
use workorderd::domain::ids::ServiceGroupId;
use workorderd::domain::rejection::Rejection;
use workorderd::domain::service_group::ServiceGroupCommand;
use workorderd::domain::work_order::Command as Order;
use workorderd::engine::cell::Refusal;
use workorderd::engine::delivery::{Sending, after_refusal};
use workorderd::engine::entity::Receipt;

impl World {
    /// A parcel sets out for its group.
    pub fn send_parcel(&mut self) {
        let index = self.rng.usize(..self.daemon.parcels.len());
        let sending = self.daemon.parcels.swap_remove(index);
        let parcel = match sending {
            Sending::ToGroup(parcel) => parcel,
            Sending::ToOrder { ref group, order, visit, ref choice } => {
                let command = Order::AssignByRule { group: group.clone(), visit, choice: choice.clone() };
                return self.send_as_system(&Key::WorkOrder(order), Ticket::Choice(Box::new(sending)), Command::WorkOrder(command));
            }
        };
        let command = ServiceGroupCommand::Take { sequence: parcel.sequence, messages: parcel.messages };
        self.send_as_system(&Key::ServiceGroup(parcel.group.clone()), Ticket::Take(parcel.group), Command::ServiceGroup(command));
    }

    /// A Work Order has answered to what a group chose for it.
    pub fn choice_answered(&mut self, sending: Sending, result: &Result<Receipt, Refusal>) {
        let Sending::ToOrder { ref group, order, visit, ref choice } = sending else { panic!("a choice goes to a Work Order") };
        match result {
            Ok(_) | Err(Refusal::Internal(_)) => {}
            Err(Refusal::Busy | Refusal::DiskNearlyFull { .. }) => self.daemon.parcels.push(sending),
            Err(Refusal::Rejected(rejection)) => {
                self.coverage.count("choice", rejection.name());
                if let Some(again) = after_refusal(order, visit, choice, rejection) {
                    self.reconsider(group.clone(), again);
                }
            }
        }
    }

    pub fn reconsider(&mut self, group: ServiceGroupId, command: ServiceGroupCommand) {
        let ticket = Ticket::Reconsider(group.clone(), Box::new(command.clone()));
        self.send_as_system(&Key::ServiceGroup(group), ticket, Command::ServiceGroup(command));
    }

    /// A group has answered.
    pub fn parcel_answered(&mut self, group: &ServiceGroupId, result: &Result<Receipt, Refusal>) {
        let mut delivery = self.daemon.views.delivery();
        let next = match result {
            Ok(_) | Err(Refusal::Rejected(Rejection::MessageTakenAlready)) => delivery.delivered(group),
            Err(_) => delivery.again(group),
        };
        drop(delivery);
        self.daemon.parcels.extend(next.map(Sending::ToGroup));
    }
}
