//! The stage of the real tests: the daemon as a process of its own on a temporary folder, clients on its socket, a company in it.
//! Keeps: a daemon that was started is killed and waited for when its guard goes; what it wrote to stderr is there to read;
//! nothing waits by sleeping, only by looking again until a deadline.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use workorderd::client::connection::{Client, ClientError};
use workorderd::protocol::varlink::Reply;

/// Long enough for anything here, however busy the machine is.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Where clocks set by hand begin: 2025-11-03 09:00 UTC.
pub const BEGIN: i64 = 1_762_160_400_000;
pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;

/// A temporary folder with room for a data folder, a socket and logs.
pub struct Home {
    folder: TempDir,
    starts: AtomicU64,
}

/// A daemon that runs; killed when dropped.
pub struct Daemon {
    child: Child,
    socket: PathBuf,
    log: PathBuf,
}

impl Home {
    pub fn new() -> Home {
        Home { folder: tempfile::tempdir().unwrap(), starts: AtomicU64::new(0) }
    }

    /// A copy of a data folder that another home made.
    pub fn copy_of(data: &Path) -> Home {
        let home = Home::new();
        copy(data, &home.data());
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub fn socket(&self) -> PathBuf {
        self.path("s")
    }

    pub fn command(&self, more: &[&str]) -> Command {
        let mut command = program();
        command
            .arg("run")
            .arg("--data")
            .arg(self.data())
            .arg("--socket")
            .arg(self.socket())
            .args(["--set", "data.segment_mib=4"])
            .args(more);
        // No settings of the machine the tests run on.
        let settings = self.path("none.toml");
        fs::write(&settings, "").unwrap();
        if !more.contains(&"--config") {
            command.arg("--config").arg(settings);
        }
        command
    }

    /// Spawns without waiting for anything.
    pub fn spawn(&self, mut command: Command) -> Daemon {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        self.spawn_as_it_is(command)
    }

    /// Spawns with the stdin and stdout that the command has.
    pub fn spawn_as_it_is(&self, mut command: Command) -> Daemon {
        let log = self.path(&format!("log.{}", self.starts.fetch_add(1, Ordering::Relaxed)));
        let child = command.stderr(File::create(&log).unwrap()).spawn().unwrap();
        Daemon { child, socket: self.socket(), log }
    }

    /// Starts with a clock set by hand, and waits until it answers.
    pub fn start(&self) -> Daemon {
        self.start_with(&["--clock", "manual", "--clock-start", &BEGIN.to_string()])
    }

    /// Starts with these arguments, and waits until it answers.
    pub fn start_with(&self, more: &[&str]) -> Daemon {
        let mut daemon = self.spawn(self.command(more));
        daemon.wait_until_ready();
        daemon
    }

    /// Starts what must not start; gives exit code and stderr.
    pub fn refused(&self, more: &[&str]) -> (i32, String) {
        let mut daemon = self.spawn(self.command(more));
        let code = daemon.wait_for_end();
        (code, daemon.log())
    }

    /// The command that verifies a data folder.
    pub fn verification(&self, data: &Path) -> Command {
        let mut command = program();
        command.arg("verify").arg(data);
        command
    }

    pub fn verify(&self, head: Option<&str>) -> Result<String, String> {
        let mut command = self.verification(&self.data());
        if let Some(head) = head {
            command.args(["--head", head]);
        }
        told(&command.output().unwrap())
    }
}

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workorderd"));
    command.env_clear();
    // A defect that was put in on purpose is one of the daemon too.
    if let Some(mutant) = std::env::var_os("WO_MUTANT") {
        command.env("WO_MUTANT", mutant);
    }
    command
}

fn told(output: &Output) -> Result<String, String> {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(text) } else { Err(text) }
}

impl Daemon {
    pub fn wait_until_ready(&mut self) {
        let begin = Instant::now();
        // A socket of an earlier run refuses connections until it is replaced.
        while UnixStream::connect(&self.socket).is_err() {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the daemon ended with {status}:\n{}", self.log());
            }
            assert!(begin.elapsed() < PATIENCE, "the daemon does not answer:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// What it wrote to stderr so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    /// SIGTERM; must end in order.
    pub fn stop(mut self) {
        self.signal(rustix::process::Signal::TERM);
        assert_eq!(self.wait_for_end(), 0, "{}", self.log());
    }

    /// The exit code, once it has ended.
    pub fn wait_for_end(&mut self) -> i32 {
        let status = until("the end of the process", || self.child.try_wait().unwrap());
        status.code().unwrap_or(-1)
    }

    pub fn running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// A client that acts for the peer itself, an admin.
    pub fn admin(&self) -> Caller {
        Caller { client: Client::connect(&self.socket).unwrap().with_limit(PATIENCE) }
    }

    /// A client that acts as this staff user.
    pub fn user(&self, user: &str) -> Caller {
        let mut caller = self.admin();
        caller.ok("System1.ActAs", json!({ "user": user }));
        caller
    }

    pub fn pipe(&self) -> Pipe {
        Pipe::connect(&self.socket).unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the daemon's log\n{}---", self.log());
        }
    }
}

/// Looks again until there is something; fails when the patience is over.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "{what} did not come about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A new request id.
pub fn request_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("r{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Method names are written without `org.workorderd.`.
pub fn full(method: &str) -> String {
    if method.starts_with("org.") { method.to_owned() } else { format!("org.workorderd.{method}") }
}

/// The methods that change something; each needs a request id.
pub fn is_mutation(method: &str) -> bool {
    let name = method.rsplit('.').next().unwrap();
    !matches!(
        name,
        "Explain"
            | "ExplainEvaluation"
            | "ExplainFollowUp"
            | "ListFollowUps"
            | "Why"
            | "JudgeCreate"
            | "JudgePut"
            | "JudgeErasePerson"
            | "BringAttachment"
            | "BringPhoto"
            | "ReadAttachment"
            | "History"
            | "List"
            | "Watch"
            | "Status"
            | "WhoAmI"
            | "ActAs"
            | "Show"
            | "DescribeForm"
            | "Export"
            | "LaborTotals"
            | "LookUp"
            | "TryRules"
            | "PreviewMessage"
            | "LookUpTerminal"
            | "TakeReceipt"
            | "RequestSignIn"
            | "ReadBackUpFile"
    ) && !name.starts_with("List")
        && !name.starts_with("Get")
}

pub type Refused = (String, Value);

/// A client that puts request ids in by itself.
pub struct Caller {
    pub client: Client,
}

impl Caller {
    pub fn call(&mut self, method: &str, mut parameters: Value) -> Result<Value, Refused> {
        if is_mutation(method) && parameters.get("requestId").is_none() {
            parameters["requestId"] = request_id().into();
        }
        match self.client.call(&full(method), &parameters) {
            Ok(reply) => Ok(reply),
            Err(ClientError::Refused { name, parameters }) => Err((name, Value::Object(parameters))),
            Err(error) => panic!("{method} {parameters}: {error}"),
        }
    }

    #[track_caller]
    pub fn ok(&mut self, method: &str, parameters: Value) -> Value {
        self.call(method, parameters.clone()).unwrap_or_else(|error| panic!("{method} {parameters}: {error:?}"))
    }

    #[track_caller]
    pub fn refused(&mut self, method: &str, parameters: Value) -> Refused {
        self.call(method, parameters.clone()).map(|reply| panic!("{method} {parameters} was accepted: {reply}")).unwrap_err()
    }

    /// A command on a Work Order.
    #[track_caller]
    pub fn act(&mut self, number: &str, command: &str, mut more: Value) -> Value {
        more["number"] = number.into();
        self.ok(&format!("WorkOrders1.{command}"), more)["receipt"].clone()
    }

    #[track_caller]
    pub fn create(&mut self, more: Value) -> String {
        let mut parameters = json!({ "recordType": "repair", "subject": "电梯坏了", "contact": "wang", "priority": "urgent" });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ok("WorkOrders1.Create", parameters)["receipt"]["number"].as_str().unwrap().to_owned()
    }

    pub fn get(&mut self, number: &str) -> Value {
        self.ok("WorkOrders1.Get", json!({ "number": number }))["workOrder"].clone()
    }

    /// All lines of its history, oldest first.
    pub fn history(&mut self, number: &str) -> Vec<Value> {
        let told = self.ok("WorkOrders1.History", json!({ "number": number, "limit": 1000 }));
        assert_eq!(told["more"], false);
        told["lines"].as_array().unwrap().iter().rev().cloned().collect()
    }

    pub fn numbers(&mut self) -> Vec<String> {
        let mut numbers = Vec::new();
        let mut after = Value::Null;
        loop {
            let page = self.ok("WorkOrders1.List", json!({ "limit": 1000, "after": after }));
            numbers.extend(page["lines"].as_array().unwrap().iter().map(|line| line["number"].as_str().unwrap().to_owned()));
            after = page["next"].clone();
            if after.is_null() {
                return numbers;
            }
        }
    }

    pub fn status(&mut self) -> Value {
        self.ok("System1.Status", json!({}))["status"].clone()
    }

    pub fn head(&mut self) -> String {
        self.status()["head"].as_str().unwrap().to_owned()
    }

    pub fn ahead(&mut self, ms: i64) {
        self.ok("System1.SetClock", json!({ "aheadMs": ms }));
    }
}

/// A raw connection for many calls at once; a service that dies is not a failure here.
pub struct Pipe {
    pub socket: UnixStream,
    input: Vec<u8>,
}

impl Pipe {
    pub fn connect(socket: &Path) -> std::io::Result<Pipe> {
        let socket = UnixStream::connect(socket)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Pipe { socket, input: Vec::new() })
    }

    pub fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.socket.write_all(bytes)
    }

    pub fn call(&mut self, method: &str, parameters: &Value) {
        self.send(&frame(method, parameters)).unwrap();
    }

    /// The next reply; none when the other side has gone.
    pub fn reply(&mut self) -> Option<Reply> {
        loop {
            if let Some(end) = self.input.iter().position(|b| *b == 0) {
                let frame: Vec<u8> = self.input.drain(..=end).collect();
                return Some(Reply::parse(&frame[..end]).unwrap());
            }
            let mut bytes = [0; 65536];
            match self.socket.read(&mut bytes) {
                Ok(0) => return None,
                Ok(read) => self.input.extend_from_slice(&bytes[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("no reply in time"),
                Err(_) => return None,
            }
        }
    }

    pub fn no_more_from_us(&self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
    }
}

pub fn frame(method: &str, parameters: &Value) -> Vec<u8> {
    let mut bytes = json!({ "method": full(method), "parameters": parameters }).to_string().into_bytes();
    bytes.push(0);
    bytes
}

/// The steps that there are now behind the n-th record, as `Watch` tells them.
pub fn steps_after(daemon: &Daemon, after: i64) -> Vec<Value> {
    let last = daemon.admin().status()["sequence"].as_i64().unwrap();
    let mut steps = Vec::new();
    if last > after {
        let mut pipe = daemon.pipe();
        let call = json!({ "method": full("WorkOrders1.Watch"), "parameters": { "after": after }, "more": true });
        pipe.send((call.to_string() + "\0").as_bytes()).unwrap();
        while steps.last().is_none_or(|s: &Value| s["sequence"].as_i64().unwrap() < last) {
            steps.extend(pipe.reply().unwrap().parameters["steps"].as_array().unwrap().iter().cloned());
        }
    }
    steps
}

/// The sample definitions as files.
pub fn definitions() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/definitions");
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    names.iter().map(|p| json!({ "path": p.file_name().unwrap().to_str().unwrap(), "text": fs::read_to_string(p).unwrap() })).collect()
}

/// Definitions and people: dora dispatches and emil works, over a call account each; lena leads the group hydraulics of emil and mei, wang is the customer.
pub fn seed(caller: &mut Caller) {
    caller.ok("Definitions1.Apply", json!({ "files": definitions() }));
    let people =
        [("dora", "dispatcher", Some("8001")), ("lena", "engineer", None), ("emil", "engineer", Some("8002")), ("mei", "engineer", None)];
    for (id, role, account) in people {
        let email = format!("{id}@service.example");
        let user = json!({ "id": id, "name": id.to_uppercase(), "email": email, "roles": [role], "callAccount": account });
        caller.ok("Directory1.PutStaffUser", json!({ "staffUser": user }));
    }
    let group = json!({ "id": "hydraulics", "name": "Hydraulics", "leader": "lena", "members": ["emil", "mei"] });
    caller.ok("Directory1.PutServiceGroup", json!({ "serviceGroup": group }));
    caller.ok("Directory1.PutAccount", json!({ "account": { "id": "acme", "name": "ACME" } }));
    let wang = json!({ "id": "wang", "name": "王伟", "account": "acme", "email": "wang@example.cn", "language": "zh" });
    caller.ok("Directory1.PutContact", json!({ "contact": wang }));
}

/// Brings a repair to its node "confirm" (the customer is asked by mail), for emil.
pub fn work(daemon: &Daemon, number: &str) {
    let mut dora = daemon.user("dora");
    dora.act(number, "AssignToGroup", json!({ "group": "hydraulics" }));
    daemon.user("lena").act(number, "AssignToEngineer", json!({ "engineer": "emil" }));
    let mut emil = daemon.user("emil");
    emil.act(number, "AcceptAssignment", json!({}));
    emil.act(number, "CompleteTask", json!({ "note": "换了一个阀" }));
}
