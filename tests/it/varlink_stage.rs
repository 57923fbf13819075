//! The stage: a served socket in a thread of its own, and raw clients that may misbehave.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use workorderd::client::connection::Client;
use workorderd::control::limits::{Bounds, Census, Limits};
use workorderd::control::listener::{bind, serve};
use workorderd::protocol::varlink::{Call, Reply};

use crate::varlink_service::Stock;

pub struct Stage {
    folder: TempDir,
    pub census: Census,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Stage {
    pub fn new() -> Stage {
        Stage::with(Limits::default())
    }

    pub fn with(limits: Limits) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let listener = bind(&folder.path().join("socket"), 0o660).unwrap();
        let (stop, stopped) = oneshot::channel();
        let census = Census::default();
        let counted = census.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let served = async {
                let stop = async {
                    let _ = stopped.await;
                };
                serve(vec![listener], Rc::new(Stock::new()), Bounds::new(limits), counted, stop).await.unwrap();
            };
            tokio::task::LocalSet::new().block_on(&runtime, served);
        });
        Stage { folder, census, stop: Some(stop), thread: Some(thread) }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub fn client(&self) -> Client {
        Client::connect(self.path()).unwrap().with_limit(Duration::from_secs(20))
    }

    pub fn raw(&self) -> Raw {
        Raw::connect(&self.path())
    }

    /// Asks to stop without waiting for it.
    pub fn begin_stop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
    }

    /// Stops and says how long it took; fails when the loop had panicked.
    pub fn stop(mut self) -> Duration {
        let begin = Instant::now();
        self.begin_stop();
        self.thread.take().unwrap().join().expect("the loop ended in order");
        begin.elapsed()
    }

    /// The service still answers somebody else.
    pub fn assert_well(&self) {
        assert_eq!(echo(&mut self.client(), "well"), "well");
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.begin_stop();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the loop panicked");
        }
    }
}

pub fn echo(client: &mut Client, text: &str) -> String {
    let reply: Value = client.call("org.example.stock.Echo", &json!({ "text": text })).unwrap();
    reply["text"].as_str().unwrap().to_owned()
}

/// Waits until `done` holds; fails after ten seconds.
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < Duration::from_secs(10), "{what} did not come about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn call(method: &str, parameters: &Value) -> Call {
    Call { method: format!("org.example.stock.{method}"), parameters: parameters.as_object().unwrap().clone(), ..Call::default() }
}

/// A client that sends whatever bytes it likes.
pub struct Raw {
    pub socket: UnixStream,
    input: Vec<u8>,
}

impl Raw {
    pub fn connect(path: &Path) -> Raw {
        let socket = UnixStream::connect(path).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
        Raw { socket, input: Vec::new() }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket.write_all(bytes.as_ref()).unwrap();
    }

    pub fn call(&mut self, call: &Call) {
        let mut frame = serde_json::to_vec(call).unwrap();
        frame.push(0);
        self.send(frame);
    }

    /// The next reply, or `None` when the connection is closed.
    pub fn reply(&mut self) -> Option<Reply> {
        loop {
            if let Some(end) = self.input.iter().position(|b| *b == 0) {
                let frame: Vec<u8> = self.input.drain(..=end).collect();
                return Some(Reply::parse(&frame[..end]).unwrap());
            }
            let mut bytes = [0; 8192];
            match self.socket.read(&mut bytes) {
                Ok(0) => return None,
                Ok(read) => self.input.extend_from_slice(&bytes[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                    return None;
                }
                Err(error) => panic!("neither a reply nor an end: {error}"),
            }
        }
    }

    /// The next reply must be this error; returns its parameters.
    pub fn error(&mut self, name: &str) -> Value {
        let reply = self.reply().expect("an error reply before the end");
        assert_eq!(reply.error.as_deref(), Some(name), "{reply:?}");
        Value::Object(reply.parameters)
    }

    pub fn assert_closed(&mut self) {
        assert_eq!(self.reply(), None);
    }
}
