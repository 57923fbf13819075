//! What one connection knows outside the daemon: every call that it sent, and which of them were answered.
//! Keeps: a call is in the ledger before its bytes leave, so that an answer, a loss and a half-known state can be told apart.
//! Leaves to others: sending (`load`), judging the daemon by it (`judge`).

use serde_json::{Value, json};

/// Work Orders that one connection works on at a time.
const AT_A_TIME: usize = 6;
/// Commands of a Work Order after its creation, in order. After the last it waits for the auto-completion of its evaluation.
pub const SCRIPT: [&str; 5] = ["AssignToEngineer", "AcceptAssignment", "AddServiceRecord", "AddServiceRecord", "CompleteTask"];

/// One call that changes something.
#[derive(Debug, Clone)]
pub struct Call {
    /// Member of `org.workorderd.WorkOrders1`, which is also the command's name in the history.
    pub command: &'static str,
    /// What is sent with it, the request id among them.
    pub parameters: Value,
    /// Revision and sequence of the receipt, once there is one.
    pub receipt: Option<(i64, i64)>,
}

/// One Work Order; its calls in the order in which they were sent.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Known from the first receipt.
    pub number: Option<String>,
    /// Everything that was sent.
    pub calls: Vec<Call>,
    /// Something was sent since it was last held against the history.
    pub touched: bool,
}

/// The ledger of one connection.
#[derive(Debug)]
pub struct Ledger {
    /// The staff user it acts as.
    pub user: String,
    /// Its Work Orders.
    pub orders: Vec<Order>,
    random: fastrand::Rng,
    requests: u64,
}

impl Order {
    /// The whole script is acknowledged.
    pub fn is_done(&self) -> bool {
        self.calls.len() > SCRIPT.len() && self.calls.iter().all(|call| call.receipt.is_some())
    }
}

impl Ledger {
    /// Of a user who has done nothing yet.
    pub fn new(user: String, seed: u64) -> Self {
        Self { user, orders: Vec::new(), random: fastrand::Rng::with_seed(seed), requests: 0 }
    }

    /// Writes calls down that are to be sent next: up to three steps of each Work Order that is under way, and new Work Orders.
    /// Each is given by the place of its Work Order and its own among that one's calls.
    pub fn next_batch(&mut self) -> Vec<(usize, usize)> {
        let under_way: Vec<usize> = (0..self.orders.len()).rev().take(AT_A_TIME * 4).filter(|at| !self.orders[*at].is_done()).collect();
        let mut batch = Vec::new();
        for &at in &under_way {
            for _ in 0..self.random.usize(1..=3) {
                let order = &self.orders[at];
                let next = order.calls.len().checked_sub(1).and_then(|done| SCRIPT.get(done));
                if let (Some(number), Some(command)) = (order.number.clone(), next) {
                    batch.push(self.write_down(at, command, json!({ "number": number })));
                }
            }
        }
        for _ in under_way.len()..AT_A_TIME {
            self.orders.push(Order::default());
            let subject = format!("电梯 {} of {}", self.orders.len(), self.user);
            batch.push(self.write_down(self.orders.len() - 1, "Create", json!({ "recordType": "torture", "subject": subject })));
        }
        batch
    }

    fn write_down(&mut self, at: usize, command: &'static str, mut parameters: Value) -> (usize, usize) {
        self.requests += 1;
        parameters["requestId"] = format!("{}-{}", self.user, self.requests).into();
        match command {
            "AssignToEngineer" => parameters["engineer"] = self.user.as_str().into(),
            "AddServiceRecord" => parameters["text"] = format!("note {}", self.requests).into(),
            _ => {}
        }
        let order = &mut self.orders[at];
        order.calls.push(Call { command, parameters, receipt: None });
        order.touched = true;
        (at, order.calls.len() - 1)
    }

    /// Takes a receipt in.
    ///
    /// # Errors
    /// It is not shaped like one, or speaks of another Work Order; or the same call had another receipt before.
    pub fn acknowledged(&mut self, (at, call): (usize, usize), receipt: &Value) -> Result<(), String> {
        let order = &mut self.orders[at];
        let told = (receipt["number"].as_str(), receipt["revision"].as_i64(), receipt["sequence"].as_i64());
        let (Some(number), Some(revision), Some(sequence)) = told else { return Err(format!("no receipt: {receipt}")) };
        if order.number.as_ref().is_some_and(|known| known != number) {
            return Err(format!("a step of {:?} was acknowledged as one of {number}", order.number));
        }
        order.number = Some(number.to_owned());
        let call = &mut order.calls[call];
        if call.receipt.is_some_and(|before| before != (revision, sequence)) {
            return Err(format!("{number}: {} was acknowledged twice, differently: {:?}, {receipt}", call.command, call.receipt));
        }
        call.receipt = Some((revision, sequence));
        Ok(())
    }

    /// Calls without a receipt, in the order in which they were sent.
    pub fn unanswered(&self) -> Vec<(usize, usize)> {
        let of = |(at, order): (usize, &Order)| {
            let open = order.calls.iter().enumerate().filter(|(_, call)| call.receipt.is_none());
            open.map(|(call, _)| (at, call)).collect::<Vec<_>>()
        };
        self.orders.iter().enumerate().filter(|(_, order)| order.touched).flat_map(of).collect()
    }
}
