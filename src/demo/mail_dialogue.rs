//! The server's side of one SMTP connection (RFC 5321), over any stream.
//! Invariant: a line ends at CR LF and nowhere else, commands are answered one by one in the order they come (so pipelining
//! is safe), and memory is bounded by the size limit whatever a client sends.
//! Catches for every recipient; what becomes of a mail is left to the catcher.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::sleep;

use super::mail_catcher::{Caught, Reaction, Shared, Verb};
use super::mail_parts::base64;

/// The longest command line, in bytes.
const COMMAND_LIMIT: usize = 4096;

/// How a dialogue begins.
pub(super) struct Opening {
    /// With a greeting: everywhere but behind STARTTLS.
    pub(super) greet: bool,
    /// Inside TLS.
    pub(super) encrypted: bool,
    /// STARTTLS is offered.
    pub(super) offer_starttls: bool,
}

/// What is left when the dialogue is over.
pub(super) enum After<S> {
    /// The connection is done with.
    Closed,
    /// The client has asked for STARTTLS and been told to go ahead.
    StartTls(S),
}

/// Talks until one side ends it.
///
/// # Errors
/// Those of the stream.
pub(super) async fn converse<S: AsyncRead + AsyncWrite + Unpin>(stream: S, shared: &Shared, opening: Opening) -> io::Result<After<S>> {
    let mut dialogue = Dialogue { stream: BufReader::new(stream), shared, opening, logged_in: false, from: None, to: Vec::new() };
    Ok(match dialogue.run().await? {
        Next::StartTls => After::StartTls(dialogue.stream.into_inner()),
        Next::GoOn | Next::Close => After::Closed,
    })
}

enum Next {
    GoOn,
    Close,
    StartTls,
}

struct Dialogue<'a, S> {
    stream: BufReader<S>,
    shared: &'a Shared,
    opening: Opening,
    logged_in: bool,
    from: Option<String>,
    to: Vec<String>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Dialogue<'_, S> {
    async fn run(&mut self) -> io::Result<Next> {
        if self.opening.greet
            && let Next::Close = self.answer(Verb::Greeting, "220 catcher ready").await?
        {
            return Ok(Next::Close);
        }
        loop {
            let Some(line) = self.line(COMMAND_LIMIT).await? else {
                return Ok(Next::Close);
            };
            let Ok(line) = String::from_utf8(line) else {
                self.say("500 not ascii").await?;
                continue;
            };
            match self.command(&line).await? {
                Next::GoOn => {}
                ended => return Ok(ended),
            }
        }
    }

    async fn command(&mut self, line: &str) -> io::Result<Next> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                self.forget();
                let capabilities = self.capabilities();
                self.answer(Verb::Ehlo, &capabilities).await
            }
            "HELO" => {
                self.forget();
                self.answer(Verb::Ehlo, "250 catcher").await
            }
            "STARTTLS" => self.start_tls().await,
            "AUTH" => self.auth(rest).await,
            "MAIL" => self.mail(rest).await,
            "RCPT" => self.rcpt(rest).await,
            "DATA" => self.data().await,
            "RSET" => {
                self.forget();
                self.answer(Verb::Rset, "250 forgotten").await
            }
            "NOOP" => self.answer(Verb::Noop, "250 ok").await,
            "QUIT" => {
                self.answer(Verb::Quit, "221 bye").await?;
                Ok(Next::Close)
            }
            _ => {
                self.say("500 unknown command").await?;
                Ok(Next::GoOn)
            }
        }
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }

    fn capabilities(&self) -> String {
        let behaviour = self.shared.behaviour();
        let mut lines =
            vec!["catcher".to_owned(), "PIPELINING".to_owned(), "8BITMIME".to_owned(), format!("SIZE {}", behaviour.size_limit)];
        if self.opening.offer_starttls {
            lines.push("STARTTLS".to_owned());
        }
        if behaviour.login.is_some() {
            lines.push(format!("AUTH {}", behaviour.mechanisms.join(" ")));
        }
        let last = lines.len() - 1;
        let line = |(number, text): (usize, &String)| format!("250{}{text}", if number == last { ' ' } else { '-' });
        let lines: Vec<String> = lines.iter().enumerate().map(line).collect();
        lines.join("\r\n")
    }

    async fn start_tls(&mut self) -> io::Result<Next> {
        if !self.opening.offer_starttls {
            self.say("502 not offered").await?;
            return Ok(Next::GoOn);
        }
        let scripted = matches!(self.shared.peek(Verb::StartTls), Some(Reaction::Answer(_)));
        Ok(match self.answer(Verb::StartTls, "220 go ahead").await? {
            Next::GoOn if !scripted => Next::StartTls,
            next => next,
        })
    }

    async fn auth(&mut self, rest: &str) -> io::Result<Next> {
        let Some(login) = self.shared.behaviour().login else {
            self.say("503 no login here").await?;
            return Ok(Next::GoOn);
        };
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let given = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let response = if initial.is_empty() { self.ask("334 ").await? } else { base64(initial.as_bytes()) };
                response.and_then(|response| {
                    let text = String::from_utf8(response).ok()?;
                    let mut parts = text.splitn(3, '\0').skip(1).map(str::to_owned);
                    Some((parts.next()?, parts.next()?))
                })
            }
            "LOGIN" => {
                let user = self.ask("334 VXNlcm5hbWU6").await?;
                let secret = self.ask("334 UGFzc3dvcmQ6").await?;
                user.zip(secret).and_then(|(user, secret)| Some((String::from_utf8(user).ok()?, String::from_utf8(secret).ok()?)))
            }
            _ => {
                self.say("504 unknown mechanism").await?;
                return Ok(Next::GoOn);
            }
        };
        if given.as_ref() == Some(&login) {
            self.logged_in = true;
            self.answer(Verb::Auth, "235 2.7.0 welcome").await
        } else {
            self.answer(Verb::Auth, "535 5.7.8 user name or secret wrong").await
        }
    }

    async fn ask(&mut self, question: &str) -> io::Result<Option<Vec<u8>>> {
        self.say(question).await?;
        let line = self.line(COMMAND_LIMIT).await?;
        Ok(line.and_then(|line| base64(&line)))
    }

    async fn mail(&mut self, rest: &str) -> io::Result<Next> {
        if self.shared.behaviour().login.is_some() && !self.logged_in {
            return self.answer(Verb::Mail, "530 5.7.0 login first").await;
        }
        match path(rest, "FROM:") {
            Some(from) if self.from.is_none() => {
                self.from = Some(from);
                self.answer(Verb::Mail, "250 2.1.0 ok").await
            }
            Some(_) => self.answer(Verb::Mail, "503 one mail at a time").await,
            None => self.answer(Verb::Mail, "501 MAIL FROM:<address>").await,
        }
    }

    async fn rcpt(&mut self, rest: &str) -> io::Result<Next> {
        if self.from.is_none() {
            return self.answer(Verb::Rcpt, "503 MAIL first").await;
        }
        let Some(to) = path(rest, "TO:") else {
            return self.answer(Verb::Rcpt, "501 RCPT TO:<address>").await;
        };
        let unknown = self.shared.behaviour().unknown_recipients;
        if unknown.iter().any(|name| name.eq_ignore_ascii_case(&to)) {
            let answer = format!("550 5.1.1 nobody here is called {to}");
            return self.answer(Verb::Rcpt, &answer).await;
        }
        self.to.push(to);
        self.answer(Verb::Rcpt, "250 2.1.5 ok").await
    }

    async fn data(&mut self) -> io::Result<Next> {
        if self.to.is_empty() {
            return self.answer(Verb::Data, "503 RCPT first").await;
        }
        let scripted = matches!(self.shared.peek(Verb::Data), Some(Reaction::Answer(_)));
        let next = self.answer(Verb::Data, "354 end with a dot").await?;
        if scripted || matches!(next, Next::Close) {
            return Ok(next);
        }
        let limit = self.shared.behaviour().size_limit;
        let mut raw = Vec::new();
        let mut too_large = false;
        let mut first = true;
        loop {
            let Some(line) = self.line(limit.saturating_add(COMMAND_LIMIT)).await? else {
                return Ok(Next::Close);
            };
            if line == b"." {
                break;
            }
            let line = line.strip_prefix(b".").unwrap_or(&line);
            if raw.len() + line.len() + 2 > limit {
                too_large = true;
            } else {
                raw.extend_from_slice(line);
                raw.extend_from_slice(b"\r\n");
            }
            if std::mem::take(&mut first) {
                match self.shared.reaction(Verb::Content) {
                    Some(Reaction::Cut) => return Ok(Next::Close),
                    Some(Reaction::Silence) => std::future::pending().await,
                    Some(Reaction::Delay(pause)) => sleep(pause).await,
                    Some(Reaction::Answer(_) | Reaction::Inject(_)) | None => {}
                }
            }
        }
        let from = self.from.take().unwrap_or_default();
        let to = std::mem::take(&mut self.to);
        if too_large {
            return self.answer(Verb::FinalDot, "552 5.3.4 too large").await;
        }
        let refused = matches!(
            self.shared.peek(Verb::FinalDot),
            Some(Reaction::Answer(answer)) if !answer.starts_with('2')
        );
        if !refused {
            let caught = Caught::new(from, to, raw, self.opening.encrypted);
            self.shared.keep(caught);
        }
        self.answer(Verb::FinalDot, "250 2.0.0 caught").await
    }

    /// The ordinary answer, or what the script says for this moment.
    async fn answer(&mut self, verb: Verb, ordinary: &str) -> io::Result<Next> {
        match self.shared.reaction(verb) {
            None => self.say(ordinary).await?,
            Some(Reaction::Answer(answer)) => self.say(&answer).await?,
            Some(Reaction::Silence) => std::future::pending().await,
            Some(Reaction::Cut) => return Ok(Next::Close),
            Some(Reaction::Delay(pause)) => {
                sleep(pause).await;
                self.say(ordinary).await?;
            }
            Some(Reaction::Inject(bytes)) => self.say(&format!("{ordinary}\r\n{bytes}")).await?,
        }
        Ok(Next::GoOn)
    }

    async fn say(&mut self, answer: &str) -> io::Result<()> {
        let answer = format!("{answer}\r\n");
        self.stream.write_all(answer.as_bytes()).await?;
        self.stream.flush().await
    }

    /// The next line without its CR LF; `None` at the end of the stream or beyond the limit.
    async fn line(&mut self, limit: usize) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        loop {
            let available = self.stream.fill_buf().await?;
            if available.is_empty() {
                return Ok(None);
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(available.len(), |end| end + 1);
            line.extend_from_slice(&available[..used]);
            self.stream.consume(used);
            if line.len() > limit {
                self.say("500 line too long").await?;
                return Ok(None);
            }
            if line.ends_with(b"\r\n") {
                line.truncate(line.len() - 2);
                return Ok(Some(line));
            }
        }
    }
}

/// The address in `FROM:<address> PARAMETERS`.
fn path(rest: &str, keyword: &str) -> Option<String> {
    let head = rest.get(..keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let inside = rest[keyword.len()..].trim_start().strip_prefix('<')?;
    let (address, _) = inside.split_once('>')?;
    Some(address.to_owned())
}
