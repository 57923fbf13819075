//! The stage of the command line's tests: a small Varlink service that answers as it is told, and the program run in this process.
//! Every call it gets is held against the interface descriptions.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use workorderd::cli::run::run;
use workorderd::cli::session::Console;
use workorderd::protocol::catalogue::Catalogue;
use workorderd::protocol::varlink::{Call, Reply, ServiceInfo};
use workorderd::protocol::{definitions, directory, guest, system, work_orders};

/// Answers a call; several replies make a stream, none closes the connection.
type Answer = dyn Fn(&Call) -> Vec<Reply> + Send + Sync;

pub struct Stage {
    folder: TempDir,
    calls: Arc<Mutex<Vec<Call>>>,
}

/// What one run of the program gave.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub code: u8,
    pub out: String,
    pub err: String,
}

pub fn catalogue() -> Catalogue {
    let info =
        ServiceInfo { vendor: String::new(), product: String::new(), version: String::new(), url: String::new(), interfaces: vec![] };
    let texts = [work_orders::DESCRIPTION, directory::DESCRIPTION, definitions::DESCRIPTION, system::DESCRIPTION, guest::DESCRIPTION];
    Catalogue::new(info, &texts).unwrap()
}

pub fn reply(parameters: &Value) -> Vec<Reply> {
    vec![Reply { parameters: parameters.as_object().unwrap().clone(), ..Reply::default() }]
}

pub fn error(name: &str, parameters: &Value) -> Vec<Reply> {
    vec![Reply { error: Some(name.to_owned()), parameters: parameters.as_object().unwrap().clone(), ..Reply::default() }]
}

/// An error of the daemon's interfaces with a message.
pub fn refusal(name: &str, message: &str) -> Vec<Reply> {
    error(&format!("org.workorderd.{name}"), &json!({ "message": message }))
}

impl Stage {
    pub fn new(answer: impl Fn(&Call) -> Vec<Reply> + Send + Sync + 'static) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer): (_, Arc<Answer>) = (calls.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let (seen, answer) = (seen.clone(), answer.clone());
                std::thread::spawn(move || serve(socket, &seen, &*answer));
            }
        });
        Stage { folder, calls }
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Runs the program with these arguments against this service.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        run_at(&self.socket(), arguments)
    }

    /// Runs it and gives the parameters of the last call.
    pub fn last_call(&self, arguments: &[&str]) -> (String, Value) {
        let ran = self.run(arguments);
        let calls = self.calls.lock().unwrap();
        let call = calls.last().unwrap_or_else(|| panic!("{arguments:?} called nothing: {ran:?}"));
        (call.method.clone(), Value::Object(call.parameters.clone()))
    }

    /// The methods called so far, in order.
    pub fn methods(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|call| call.method.clone()).collect()
    }
}

pub fn run_at(socket: &Path, arguments: &[&str]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut all: Vec<OsString> = vec!["workorderctl".into(), "--socket".into(), socket.into(), "--time-zone".into(), "UTC".into()];
    all.extend(arguments.iter().map(OsString::from));
    let code = run(all, &mut Console { out: &mut out, err: &mut err, terminal: None, plain: true, piped: false });
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code, out: text(out), err: text(err) }
}

fn serve(mut socket: UnixStream, seen: &Mutex<Vec<Call>>, answer: &Answer) {
    let catalogue = catalogue();
    let (mut input, mut bytes) = (Vec::new(), [0; 4096]);
    loop {
        while let Some(end) = input.iter().position(|b| *b == 0) {
            let frame: Vec<u8> = input.drain(..=end).collect();
            let call = Call::parse(&frame[..end]).unwrap();
            seen.lock().unwrap().push(call.clone());
            let mut replies = match catalogue.check(&call) {
                Ok(_) => answer(&call),
                Err(wrong) => error(&wrong.name, &Value::Object(wrong.parameters)),
            };
            if replies.is_empty() {
                return;
            }
            let last = replies.len() - 1;
            replies[..last].iter_mut().for_each(|reply| reply.continues = true);
            for reply in replies {
                let mut frame = serde_json::to_vec(&reply).unwrap();
                frame.push(0);
                if socket.write_all(&frame).is_err() {
                    return;
                }
            }
        }
        match socket.read(&mut bytes) {
            Ok(read) if read > 0 => input.extend_from_slice(&bytes[..read]),
            _ => return,
        }
    }
}
