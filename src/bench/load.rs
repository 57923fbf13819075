//! The load: connections that each run Work Orders from creation to confirmation, one call after the other.
//!
//! Frames are put together and looked through as text, so that the measuring side takes as little of the machine as it can.

use super::stage::{CUSTOMER, USER};
use crate::control::socket::Socket;
use std::future::poll_fn;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a row of the table is made of.
#[derive(Debug, Default, Clone)]
pub struct Measured {
    pub calls: u64,
    pub elapsed: Duration,
    /// Latencies in microseconds, sorted.
    pub latencies: Vec<u32>,
}

impl Measured {
    /// Calls per second.
    pub fn rate(&self) -> f64 {
        self.calls as f64 / self.elapsed.as_secs_f64()
    }

    /// A percentile of the latencies, in milliseconds.
    pub fn percentile(&self, percent: f64) -> f64 {
        let index = ((self.latencies.len() as f64 - 1.0) * percent / 100.0).max(0.0) as usize;
        self.latencies.get(index).map_or(0.0, |us| f64::from(*us) / 1000.0)
    }
}

/// What each connection does.
#[derive(Debug, Clone)]
pub enum Work {
    /// Durable steps: five for each Work Order.
    Steps,
    /// The same, as long as this is so.
    StepsWhile(Arc<AtomicBool>),
    /// Creations of a record type alone, this many in all.
    Creations(&'static str, u64),
    /// The same frame again and again.
    Repeat(String),
}

/// One connection.
pub struct Line {
    socket: Socket,
    buffer: Vec<u8>,
}

impl Line {
    /// Connects; `user` to act as somebody.
    pub async fn open(socket: &Path, user: Option<&str>) -> Result<Self, String> {
        let connected = UnixStream::connect(socket).and_then(Socket::new).map_err(|e| format!("{}: {e}", socket.display()))?;
        let mut line = Self { socket: connected, buffer: Vec::with_capacity(4096) };
        if let Some(user) = user {
            line.call(&format!(r#"{{"method":"org.workorderd.System1.ActAs","parameters":{{"user":"{user}"}}}}"#)).await?;
        }
        Ok(line)
    }

    /// One call, one reply; an error reply is an error.
    pub async fn call(&mut self, frame: &str) -> Result<&str, String> {
        let mut bytes = Vec::with_capacity(frame.len() + 1);
        bytes.extend_from_slice(frame.as_bytes());
        bytes.push(0);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let written = poll_fn(|cx| self.socket.poll_write(rest, cx)).await.map_err(|e| e.to_string())?;
            rest = &rest[written..];
        }
        self.buffer.clear();
        while self.buffer.last() != Some(&0) {
            self.buffer.reserve(1024);
            if poll_fn(|cx| self.socket.poll_read(&mut self.buffer, cx)).await.map_err(|e| e.to_string())? == 0 {
                return Err("the daemon closed the connection".into());
            }
        }
        let reply = std::str::from_utf8(&self.buffer[..self.buffer.len() - 1]).map_err(|e| e.to_string())?;
        if reply.contains(r#""error":"#) { Err(format!("{frame}: {reply}")) } else { Ok(reply) }
    }
}

/// Runs the work on so many connections for so long (or until the creations are done).
pub fn run(socket: &Path, connections: usize, time: Duration, work: &Work) -> Result<Measured, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let local = tokio::task::LocalSet::new();
    let work = work.clone();
    local.block_on(&runtime, async {
        let user = if matches!(work, Work::Repeat(_)) { None } else { Some(USER) };
        let mut lines = Vec::new();
        for _ in 0..connections {
            lines.push(Line::open(socket, user).await?);
        }
        let began = Instant::now();
        let tasks: Vec<_> = lines
            .into_iter()
            .enumerate()
            .map(|(index, line)| tokio::task::spawn_local(one(line, index, connections, began + time, work.clone())))
            .collect();
        let mut all = Measured::default();
        for task in tasks {
            let latencies = task.await.map_err(|e| e.to_string())??;
            all.calls += latencies.len() as u64;
            all.latencies.extend(latencies);
        }
        all.elapsed = began.elapsed();
        all.latencies.sort_unstable();
        Ok(all)
    })
}

async fn one(mut line: Line, index: usize, connections: usize, until: Instant, work: Work) -> Result<Vec<u32>, String> {
    let mut latencies = Vec::new();
    let tag = format!("{}-{index}-{}", std::process::id(), fastrand::u32(..));
    let mut n = 0u64;
    let share = match work {
        Work::Creations(_, all) => all / connections as u64 + u64::from((index as u64) < all % connections as u64),
        Work::Steps | Work::StepsWhile(_) | Work::Repeat(_) => u64::MAX,
    };
    let goes_on = || match &work {
        Work::Creations(..) => true,
        Work::StepsWhile(yes) => yes.load(Ordering::Relaxed),
        Work::Steps | Work::Repeat(_) => Instant::now() < until,
    };
    while n < share && goes_on() {
        n += 1;
        match &work {
            Work::Repeat(frame) => {
                timed(&mut line, frame, &mut latencies).await?;
            }
            Work::Creations(record_type, _) => {
                create(&mut line, record_type, &tag, n, &mut latencies).await?;
            }
            Work::Steps | Work::StepsWhile(_) => {
                let number = create(&mut line, "bench", &tag, n, &mut latencies).await?;
                for (method, more) in [
                    ("AssignToEngineer", format!(r#","engineer":"{USER}""#)),
                    ("AcceptAssignment", String::new()),
                    ("CompleteTask", r#","note":"done, the pump runs again""#.to_owned()),
                    ("ConfirmSolved", String::new()),
                ] {
                    let frame = format!(
                        r#"{{"method":"org.workorderd.WorkOrders1.{method}","parameters":{{"number":"{number}","requestId":"{tag}-{n}-{method}"{more}}}}}"#
                    );
                    timed(&mut line, &frame, &mut latencies).await?;
                }
            }
        }
    }
    Ok(latencies)
}

async fn create(line: &mut Line, record_type: &str, tag: &str, n: u64, latencies: &mut Vec<u32>) -> Result<String, String> {
    let contact = if record_type == "invited" { format!(r#""contact":"{CUSTOMER}","#) } else { String::new() };
    let frame = format!(
        r#"{{"method":"org.workorderd.WorkOrders1.Create","parameters":{{"requestId":"{tag}-{n}","recordType":"{record_type}",{contact}"subject":"the pump in the cellar is silent again","priority":"{}","channel":"phone"}}}}"#,
        ["low", "normal", "normal", "high"][n as usize % 4],
    );
    let reply = timed(line, &frame, latencies).await?;
    let number = reply.split(r#""number":""#).nth(1).and_then(|rest| rest.split('"').next());
    number.map(ToOwned::to_owned).ok_or_else(|| format!("no number in {reply}"))
}

async fn timed<'a>(line: &'a mut Line, frame: &str, latencies: &mut Vec<u32>) -> Result<&'a str, String> {
    let began = Instant::now();
    let reply = line.call(frame).await?;
    latencies.push(began.elapsed().as_micros().min(u128::from(u32::MAX)) as u32);
    Ok(reply)
}
