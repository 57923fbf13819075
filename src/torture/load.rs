//! The load: connections that send batches of calls without waiting for each answer, until the daemon is gone.

use super::ledger::{Call, Ledger};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// By how much the clock goes on at a time, in milliseconds: timers fall due in the midst of everything.
const AHEAD: i64 = 600_000;
/// How long one waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A bare connection.
struct Pipe {
    writer: UnixStream,
    reader: BufReader<UnixStream>,
}

impl Pipe {
    fn connect(socket: &Path) -> std::io::Result<Self> {
        let writer = UnixStream::connect(socket)?;
        writer.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { reader: BufReader::new(writer.try_clone()?), writer })
    }

    /// The next reply; `None`: the daemon is gone.
    fn reply(&mut self) -> Option<Value> {
        let mut bytes = Vec::new();
        self.reader.read_until(0, &mut bytes).ok()?;
        (bytes.pop() == Some(0)).then(|| serde_json::from_slice(&bytes).ok()).flatten()
    }

    fn call(&mut self, member: &str, parameters: &Value) -> Option<Value> {
        self.writer.write_all(&frame(member, parameters)).ok()?;
        self.reply()
    }
}

fn frame(member: &str, parameters: &Value) -> Vec<u8> {
    let call = json!({ "method": format!("org.workorderd.{member}"), "parameters": parameters });
    let mut bytes = call.to_string().into_bytes();
    bytes.push(0);
    bytes
}

/// Sends batches until the daemon is gone; everything sent and answered is in the ledger.
///
/// # Errors
/// The daemon refused what it has no reason to refuse, or its receipts contradict each other.
pub fn work(socket: &Path, ledger: &mut Ledger) -> Result<(), String> {
    let Ok(mut pipe) = Pipe::connect(socket) else { return Ok(()) };
    if pipe.call("System1.ActAs", &json!({ "user": ledger.user })).is_none() {
        return Ok(());
    }
    loop {
        let batch = ledger.next_batch();
        let mut bytes = Vec::new();
        for &(order, call) in &batch {
            let Call { command, parameters, .. } = &ledger.orders[order].calls[call];
            bytes.extend(frame(&format!("WorkOrders1.{command}"), parameters));
        }
        if pipe.writer.write_all(&bytes).is_err() {
            return Ok(());
        }
        for place in batch {
            let Some(reply) = pipe.reply() else { return Ok(()) };
            match reply["error"].as_str() {
                None => ledger.acknowledged(place, &reply["parameters"]["receipt"])?,
                // Nothing was done; it stays in the ledger and is sent again after the next start.
                Some(name) if name.ends_with(".Busy") || name.ends_with(".Stopping") => return Ok(()),
                Some(_) => return Err(format!("{:?} was refused: {reply}", ledger.orders[place.0].calls[place.1])),
            }
        }
    }
}

/// Lets the clock go on until the daemon is gone.
pub fn tick(socket: &Path, run: u64) {
    let Ok(mut pipe) = Pipe::connect(socket) else { return };
    for turn in 0_u64.. {
        if pipe.call("System1.SetClock", &json!({ "requestId": format!("tick-{run}-{turn}"), "aheadMs": AHEAD })).is_none() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
