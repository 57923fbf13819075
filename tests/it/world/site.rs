//! People at the customer's: steps of the SOP, in order or not, and labor, sometimes of one engineer at two places at once.

use super::world::World;
use workorderd::domain::process::on_site::State;
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::state::HoldReason;
use workorderd::domain::work_order::{Command as Order, WorkOrder};

/// Steps of the company's SOP, and those that are required or that others wait for.
pub const STEPS: [&str; 5] = ["depart", "arrive", "fix", "photos", "sign"];
const IN_ORDER: [&str; 4] = ["depart", "arrive", "fix", "sign"];

impl World {
    /// What a handler of the visit does; `n` is a number below 100.
    pub fn on_site(&mut self, order: &WorkOrder, state: &State, n: u32) -> Order {
        let open = |name: &&str| state.sop.is_some() && !state.steps.iter().any(|s| s.step.as_str() == *name);
        let next = IN_ORDER.into_iter().find(open);
        match (n, next) {
            (..10, _) => Order::TakeTask,
            (10..66, Some(step)) => self.complete(step),
            (10..66, None) | (67, _) => Order::CompleteTask { note: None, fields: self.report(order) },
            (66, _) => {
                let step = (self.rng.u32(..8) > 0).then(|| "fix".to_owned());
                Order::SaveFields { step, fields: self.report_where(true) }
            }
            (68..71, _) => {
                let step = STEPS[self.rng.usize(..STEPS.len())];
                self.complete(step)
            }
            (71..74, _) => Order::SkipStep { step: STEPS[self.rng.usize(..STEPS.len())].into(), reason: self.text() },
            (74..93, _) => self.labor(order),
            (93..97, _) => self.transfer(order),
            _ => Order::Hold { reason: HoldReason::Parts, note: None },
        }
    }

    fn complete(&mut self, step: &str) -> Order {
        let places = ["31.2304,121.4737", "31.2304，121.4737", "-33.86,151.2", "91,0", "here"];
        let asked = step == "arrive" || self.rng.u32(..12) == 0;
        let location = (asked && self.rng.u32(..12) > 0).then(|| places[self.rng.usize(..places.len())].to_owned());
        let step = if self.rng.u32(..30) == 0 { "dance" } else { step };
        let note = (self.rng.u32(..4) == 0).then(|| self.text());
        Order::CompleteStep { step: step.into(), location, note, fields: self.report_where(step == "fix") }
    }

    /// Labor that begins, ends, or is told afterwards; now and then where other labor of the Work Order begins.
    pub fn labor(&mut self, order: &WorkOrder) -> Order {
        let step = [None, None, Some("fix"), Some("depart"), Some("sign")][self.rng.usize(..5)].map(ToOwned::to_owned);
        let ago = |world: &mut Self, most: i64| Timestamp(world.now.0 - world.rng.i64(..most));
        let runs = order.labor().iter().any(|l| l.to.is_none());
        match self.rng.u32(..12) {
            0..3 if !runs => Order::StartLabor { step },
            0..4 => Order::StopLabor { at: None },
            4 => Order::StopLabor { at: Some(ago(self, 3_600_000)) },
            5 => Order::StartLabor { step },
            _ => {
                let known = order.labor();
                let from = match known.get(self.rng.usize(..known.len() + 3)) {
                    Some(labor) => labor.from,
                    None => {
                        let hours = [1, 6, 40][self.rng.usize(..3)];
                        ago(self, hours * 3_600_000)
                    }
                };
                // Mostly over by now, and not negative.
                let most = (self.now.0 - from.0).clamp(1, 4 * 3_600_000) + 60_000;
                Order::EnterLabor { from, to: Timestamp(from.0 + self.rng.i64(-60_000..most)), step }
            }
        }
    }
}
