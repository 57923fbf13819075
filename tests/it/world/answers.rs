//! What people give of forms: mostly what is asked, now and then too little, too much, or something else.

use super::world::World;
use workorderd::domain::form::given::{Given, GivenFields};
use workorderd::domain::work_order::WorkOrder;

impl World {
    /// What is given of the form at intake, mostly rightly; the other record types have none.
    pub fn intake(&mut self, record_type: &str) -> GivenFields {
        if record_type != "repair" {
            return if self.rng.u32(..50) == 0 { vec![("fault".into(), Given::text("x"))] } else { Vec::new() };
        }
        let fault = match self.rng.u32(..50) {
            0 => return Vec::new(),
            1 => "长".repeat(600),
            _ => "It leaks 漏水".to_owned(),
        };
        let floor = self.pick(&["3", "12.5", "-1", "0", "2", "7", "8", "third"]);
        let mut fields: GivenFields = vec![("fault".into(), Given::text(&fault))];
        if self.rng.bool() {
            fields.push(("floor".into(), Given::text(floor)));
        }
        if self.rng.u32(..4) == 0 {
            fields.push(("terminal".into(), Given::text(self.pick(&["l-1", "电梯-2", "p-1", "l-9"]))));
        }
        fields
    }

    /// What an engineer gives of the form of a node that has one.
    pub fn report(&mut self, order: &WorkOrder) -> GivenFields {
        let asked = order.visit().is_some_and(|visit| visit.form.is_some());
        self.report_where(asked)
    }

    /// The same, where it is asked for, and seldom where it is not.
    pub fn report_where(&mut self, asked: bool) -> GivenFields {
        if !asked && self.rng.u32(..40) > 0 {
            return Vec::new();
        }
        let part = |part: &str, count: &str| Given::Map(vec![("part".into(), Given::text(part)), ("count".into(), Given::text(count))]);
        let mut fields: GivenFields = Vec::new();
        if self.rng.u32(..14) > 0 {
            fields.push(("cause".into(), Given::text(self.pick(&["wear", "misuse", "weather"]))));
        }
        match self.rng.u32(..16) {
            0 => fields.push(("parts".into(), Given::List(vec![part("密封圈", "2"), part("bolt", "0")]))),
            1 | 2 => fields.push(("parts".into(), Given::List(vec![part("密封圈", "2"), part("bolt", "12")]))),
            3 => fields.push(("fault".into(), Given::Nothing)),
            4 => fields.push(("cause".into(), Given::Nothing)),
            _ => {}
        }
        fields
    }
}
