//! SMS through Twilio, or what speaks like it: `POST /2010-04-01/Accounts/{sid}/Messages.json`.
//! Shapes from Twilio's pages "Messages resource" (request, answer, status values), "Twilio API responses" (`code`, `message`, `status` of
//! a refusal), "Error and Warning Dictionary", "Track the Message Status of Outbound Messages" and "Secure webhooks" (signature).
//! Two of those pages decide what may be tried again: 429 "isn't processed and is safe to retry" (20429), while after a 500 a text "is
//! not idempotent" and may arrive twice (20500). So of the 5xx only 503 (20503) is deferred; the rest is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use data_encoding::BASE64;
use form_urlencoded::Serializer;
use ring::hmac;
use serde_json::Value;

use super::http::{Exchange, Http, Request};
use super::sms::{Answer, PushProblem, Receipt, Report, Sms};
use super::words::{Hidden, checked_id, fragment, id, json, percent_encode, text_of};

/// Who a text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A number of the account, or a name where the country has such.
    From(String),
    /// A Messaging Service, that picks the number.
    Service(String),
}

/// One account at Twilio. `Debug` does not show the token.
pub struct Twilio {
    http: Http,
    account_sid: String,
    auth_token: String,
    sender: Sender,
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twilio")
            .field("http", &self.http)
            .field("account_sid", &self.account_sid)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

/// What a refusal is about.
enum About {
    /// This message or this number: it will never work.
    TheMessage,
    /// This installation (login, sender, account), or the moment.
    UsOrNow,
    /// Nobody knows whether it was taken.
    Nobody,
}

impl Twilio {
    /// The base is `https://api.twilio.com`, or where a test listens.
    #[must_use]
    pub fn new(http: Http, account_sid: String, auth_token: String, sender: Sender) -> Self {
        Self { http, account_sid, auth_token, sender }
    }

    /// One attempt.
    pub async fn send(&self, sms: &Sms) -> Answer {
        let (sender, value) = match &self.sender {
            Sender::From(number) => ("From", number),
            Sender::Service(sid) => ("MessagingServiceSid", sid),
        };
        let mut form = Serializer::new(String::new());
        form.append_pair("To", &sms.to).append_pair(sender, value).append_pair("Body", &sms.text);
        if let Some(receipt) = &sms.receipt {
            form.append_pair("StatusCallback", &receipt.url);
        }
        let body = Some(("application/x-www-form-urlencoded", form.finish()));
        let path = format!("/2010-04-01/Accounts/{}/Messages.json", percent_encode(&self.account_sid));
        let (status, body) = match self.exchange(path, body).await {
            Exchange::NotSent { why } => return Answer::Deferred { why },
            Exchange::Unknown { why } => return Answer::Unknown { why },
            Exchange::Answered { status, body } => (status, body),
        };
        let answer = json(&body);
        if (200..300).contains(&status) {
            let reference = answer.as_ref().map(|answer| id(&answer["sid"])).unwrap_or_default();
            if reference.is_empty() {
                return Answer::Unknown { why: format!("twilio answered {status} without an id of the message") };
            }
            return Answer::Accepted { reference };
        }
        let login = self.login();
        let hidden = Hidden { texts: vec![&self.auth_token, &login, &sms.text], numbers: vec![&sms.to] };
        let (code, why) = refusal(status, answer.as_ref(), &hidden);
        match about(status, code) {
            About::TheMessage => Answer::Failed { why },
            About::UsOrNow => Answer::Deferred { why },
            About::Nobody => Answer::Unknown { why },
        }
    }

    /// What became of a message, by its sid.
    ///
    /// # Errors
    /// Why nothing could be learned.
    pub async fn ask(&self, sid: &str, to: &str) -> Result<Receipt, String> {
        let path = format!("/2010-04-01/Accounts/{}/Messages/{}.json", percent_encode(&self.account_sid), percent_encode(sid));
        let login = self.login();
        let hidden = Hidden { texts: vec![&self.auth_token, &login], numbers: vec![to] };
        match self.exchange(path, None).await {
            Exchange::NotSent { why } | Exchange::Unknown { why } => Err(why),
            Exchange::Answered { status: 200, body } => {
                let Some(answer) = json(&body) else {
                    return Err("twilio answered something that is no JSON".to_owned());
                };
                receipt(&text_of(&answer["status"]), &text_of(&answer["error_code"]), &text_of(&answer["error_message"]), &hidden)
            }
            Exchange::Answered { status, body } => Err(refusal(status, json(&body).as_ref(), &hidden).1),
        }
    }

    /// Reads a status callback. `url` is the address that was given as [`Callback`](super::sms::Callback), to the letter;
    /// `signature` the header `X-Twilio-Signature`.
    ///
    /// # Errors
    /// A [`PushProblem`]; nothing of a report that is not signed is looked at.
    pub fn report(&self, url: &str, signature: &str, body: &[u8]) -> Result<Report, PushProblem> {
        let form: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let signature = BASE64.decode(signature.as_bytes()).map_err(|_| PushProblem::NotSigned)?;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.auth_token.as_bytes());
        // Twilio's own libraries try both: it is not of one mind about a port in the address.
        let genuine = [Some(url.to_owned()), without_port(url)].into_iter().flatten().any(|url| {
            // Takes the same time whatever differs.
            hmac::verify(&key, signed_text(&url, &form).as_bytes(), &signature).is_ok()
        });
        if !genuine {
            return Err(PushProblem::NotSigned);
        }
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
        let reference = checked_id(field("MessageSid"));
        if reference.is_empty() {
            return Err(PushProblem::unreadable("MessageSid is missing"));
        }
        let hidden = Hidden { texts: vec![&self.auth_token], numbers: vec![field("To"), field("From")] };
        let receipt =
            receipt(field("MessageStatus"), field("ErrorCode"), field("ErrorMessage"), &hidden).map_err(PushProblem::unreadable)?;
        Ok(Report { reference, token: None, receipt, segments: field("NumSegments").parse().ok() })
    }

    fn login(&self) -> String {
        BASE64.encode(format!("{}:{}", self.account_sid, self.auth_token).as_bytes())
    }

    async fn exchange(&self, path: String, body: Option<(&'static str, String)>) -> Exchange {
        let login = self.login();
        self.http.exchange(&Request { body, path, authorization: Some(format!("Basic {login}")) }).await
    }
}

/// The signature of a callback: HMAC-SHA1 over the address and the parameters, base64.
#[must_use]
pub fn twilio_signature(auth_token: &str, url: &str, form: &[(String, String)]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth_token.as_bytes());
    BASE64.encode(hmac::sign(&key, signed_text(url, form).as_bytes()).as_ref())
}

/// The address, then each parameter with its value, sorted; of a parameter that is there twice each different value once.
fn signed_text(url: &str, form: &[(String, String)]) -> String {
    let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in form {
        sorted.entry(name).or_default().insert(value);
    }
    let mut text = url.to_owned();
    for (name, value) in sorted.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value))) {
        text.push_str(name);
        text.push_str(value);
    }
    text
}

/// The address without its port; `None` if it has none.
fn without_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (host, port) = authority.rsplit_once(':')?;
    port.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("{scheme}://{host}{path}"))
}

/// The code of a refusal, 0 if there is none, and its words.
fn refusal(status: u16, answer: Option<&Value>, hidden: &Hidden<'_>) -> (u32, String) {
    let code = answer.map(|answer| text_of(&answer["code"])).and_then(|code| code.parse().ok()).unwrap_or(0);
    let message = answer.map(|answer| text_of(&answer["message"])).unwrap_or_default();
    let why = match code {
        0 => format!("twilio answered {status} {message}"),
        code => format!("twilio refused it with {code}: {message}"),
    };
    (code, fragment(&why, hidden))
}

/// Sorts a refusal by its code in the error dictionary, and by the HTTP status where the code is none of those.
fn about(status: u16, code: u32) -> About {
    match code {
        // Too many requests, too many messages, a queue that is full, a quota of the account for today.
        20429 | 14107 | 21611 | 30001 | 63038 => About::UsOrNow,
        // Login, rights, state of the account.
        20001..=20008 | 10001 | 20403 | 20404 | 30002 => About::UsOrNow,
        // Our own number or service: not there, cannot send texts, empty.
        21212 | 21603 | 21606 | 21659..=21661 | 21701..=21704 => About::UsOrNow,
        20503 => About::UsOrNow,
        20500 => About::Nobody,
        // What is left of Twilio's own words on the request: invalid number (21211), region not allowed (21408), unsubscribed (21610),
        // no route (21612), not a mobile (21614), text too long (21617) ... the same request gets the same answer tomorrow.
        1.. if status == 400 || status == 403 && (21000..22000).contains(&code) => About::TheMessage,
        _ => match status {
            503 => About::UsOrNow,
            500.. => About::Nobody,
            // Not Twilio's words, or about the login or the address: redirects and 4xx come before anything is done.
            _ => About::UsOrNow,
        },
    }
}

fn receipt(status: &str, code: &str, message: &str, hidden: &Hidden<'_>) -> Result<Receipt, String> {
    match status {
        "delivered" | "read" => Ok(Receipt::Delivered),
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => Ok(Receipt::NotYet),
        "undelivered" | "failed" | "canceled" => {
            let words = if message.is_empty() { meaning(code) } else { message };
            let why = match (code, words) {
                ("" | "0", "") => status.to_owned(),
                ("" | "0", words) => format!("{status}: {words}"),
                (code, "") => format!("{status} with {code}"),
                (code, words) => format!("{status} with {code}: {words}"),
            };
            Ok(Receipt::Failed { why: fragment(&why, hidden) })
        }
        other => Err(fragment(&format!("twilio tells a status that is not known here: `{other}`"), hidden)),
    }
}

/// The headline of a delivery error in the dictionary; the message itself mostly has the number alone.
fn meaning(code: &str) -> &'static str {
    match code {
        "30001" => "queue overflow",
        "30002" => "account suspended",
        "30003" => "unreachable destination handset",
        "30004" => "message blocked",
        "30005" => "unknown destination handset",
        "30006" => "landline or unreachable carrier",
        "30007" => "message filtered",
        "30008" => "unknown error",
        _ => "",
    }
}
