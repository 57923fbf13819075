//! A service for tests (and for the measure and the Python smoke): one method for each thing a connection has to bear.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;
use workorderd::control::peer::Peer;
use workorderd::control::service::{Body, Item, Outcome, Service};
use workorderd::protocol::catalogue::Catalogue;
use workorderd::protocol::varlink::{Call, ErrorReply, ServiceInfo};

pub const STOCK: &str = include_str!("stock.varlink");

pub struct Stock {
    catalogue: Catalogue,
    notes: RefCell<Vec<String>>,
    streams: Rc<Cell<i64>>,
}

struct Counted(Rc<Cell<i64>>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Stock {
    pub fn new() -> Stock {
        let info = ServiceInfo {
            vendor: "Example".to_owned(),
            product: "Stock".to_owned(),
            version: "1".to_owned(),
            url: "https://example.org".to_owned(),
            interfaces: Vec::new(),
        };
        let catalogue = Catalogue::new(info, &[STOCK]).expect("the description is whole");
        Stock { catalogue, notes: RefCell::default(), streams: Rc::default() }
    }

    fn feed(&self, bytes: Option<usize>, to: i64, pause: Duration) -> Outcome {
        let (sender, receiver) = mpsc::channel(16);
        self.streams.set(self.streams.get() + 1);
        let counted = Counted(Rc::clone(&self.streams));
        tokio::task::spawn_local(async move {
            let _counted = counted;
            let text = bytes.map(|bytes| "x".repeat(bytes));
            let mut number = 0;
            loop {
                number += 1;
                if !pause.is_zero() {
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = sender.closed() => return,
                    }
                }
                let item = match &text {
                    Some(text) => Item::next(&json!({ "text": text })),
                    None if number >= to => Item::last(&json!({ "number": number })),
                    None => Item::next(&json!({ "number": number })),
                };
                let over = matches!(item, Item::Last(_));
                if sender.send(item).await.is_err() || over {
                    return;
                }
            }
        });
        Outcome::Stream(receiver)
    }
}

impl Service for Stock {
    type Session = Peer;

    fn open(&self, peer: &Peer) -> Result<Peer, ErrorReply> {
        Ok(peer.clone())
    }

    async fn call(self: Rc<Self>, peer: Rc<Peer>, call: Call) -> Outcome {
        if let Err(error) = self.catalogue.check(&call) {
            return error.into();
        }
        if let Some(answer) = self.catalogue.answer(&call) {
            return answer.and_then(|answer| Body::of(&answer)).into();
        }
        let number = |name: &str| call.parameters.get(name).and_then(serde_json::Value::as_i64).unwrap_or(0);
        let text = |name: &str| call.parameters.get(name).and_then(|v| v.as_str()).unwrap_or("").to_owned();
        let pause = |name: &str| Duration::from_millis(number(name).unsigned_abs());
        match call.member() {
            "Echo" => Outcome::reply(&call.parameters),
            "Later" => {
                tokio::time::sleep(pause("milliseconds")).await;
                Outcome::reply(&json!({ "text": text("text") }))
            }
            "Count" => self.feed(None, number("to"), pause("pause")),
            "Flood" => self.feed(usize::try_from(number("bytes")).ok(), 0, Duration::ZERO),
            "Big" => Outcome::reply(&json!({ "text": "x".repeat(usize::try_from(number("bytes")).unwrap_or(0)) })),
            "Order" => Outcome::reply(&json!({ "lines": call.parameters["lines"].as_array().map_or(0, Vec::len) })),
            "Take" => ErrorReply::new("org.example.stock.Short").with("wanted", number("wanted")).with("there", 3).into(),
            "PanicAtOnce" => panic!("as asked"),
            "PanicLater" => {
                tokio::time::sleep(Duration::from_millis(5)).await;
                panic!("as asked, later")
            }
            "StreamThatPanics" => {
                let (sender, receiver) = mpsc::channel(1);
                tokio::task::spawn_local(async move {
                    let _ = sender.send(Item::next(&json!({ "number": 1 }))).await;
                    panic!("as asked, in the stream")
                });
                Outcome::Stream(receiver)
            }
            "WhoAmI" => Outcome::reply(&json!({ "pid": peer.pid, "uid": peer.uid, "gid": peer.gid, "groups": peer.groups })),
            "Note" => {
                tokio::time::sleep(pause("milliseconds")).await;
                self.notes.borrow_mut().push(text("text"));
                Outcome::reply(&json!({}))
            }
            "State" => Outcome::reply(&json!({ "notes": *self.notes.borrow(), "streams": self.streams.get() })),
            _ => ErrorReply::method_not_implemented(&call.method).into(),
        }
    }
}
