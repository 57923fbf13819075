//! A provider of short messages on this machine, which speaks like Twilio: it takes every message, and when it is asked what became of one
//! it says that it could not be delivered. Serves one request at a time; what cannot be read is hung up on.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Longest request that is read, in bytes.
const REQUEST_MAX: u64 = 64 << 10;
/// A request comes within this time.
const PATIENCE: Duration = Duration::from_secs(5);

/// A message as it was taken: to whom, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub to: String,
    pub text: String,
}

/// The provider. Its thread ends with the process.
#[derive(Debug)]
pub struct SmsProvider {
    addr: SocketAddr,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl SmsProvider {
    /// Starts it on a port of its own.
    ///
    /// # Errors
    /// There is no port, or no thread.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let addr = listener.local_addr()?;
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&taken);
        std::thread::Builder::new().name("sms provider".into()).spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever does not speak HTTP is none of ours.
                let _ = serve(stream, &kept);
            }
        })?;
        Ok(Self { addr, taken })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it took, in order.
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(mut stream: TcpStream, taken: &Mutex<Vec<Taken>>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.try_clone()?.take(REQUEST_MAX));
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let is_post = line.starts_with("POST ");
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let (status, body) = if is_post {
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
        let field = |name: &str| form.get(name).cloned().unwrap_or_default();
        let mut all = taken.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Taken { to: field("To"), text: field("Body") });
        ("201 Created", format!(r#"{{"sid":"SM{}","status":"queued"}}"#, all.len()))
    } else {
        ("200 OK", r#"{"sid":"SM1","status":"undelivered","error_code":30003}"#.to_owned())
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
