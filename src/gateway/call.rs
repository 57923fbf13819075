//! Outbound calls through a call center (FUP-5). No provider's interface is a standard, so this is a small one of our own, for a call
//! center to offer or for an adapter before it:
//!
//! - `POST {base}/calls`, JSON `{call, account, number, work_order, receipt}`: `call` is our id, `account` the call account that the
//!   person is bound to, `number` whom to call (+E.164), `work_order` its number as people read it, `receipt` the address for reports (or
//!   null). Answered 202 `{reference}`. The same `call` again starts nothing and gets the same answer, so that an attempt whose
//!   answer was lost may be made again. 400, 404, 409 and 422 are final (`{why}`, if wanted); 401, 403, 429 and 503 are for later.
//! - `GET {base}/calls/{reference}`: 200 `{state, seconds}`; `state` is `ringing`, `answered`, `no-answer`, `busy`, `failed` or `ended`;
//!   `seconds` is how long people have talked, 0 or missing if not at all.
//! - The call center posts `{reference, call, state, seconds}` to `receipt` at each change, answered 204.
//!
//! All three carry `Authorization: Bearer` and a token: ours to the call center in the first two, the other way around in the third.

use std::fmt;

use ring::hmac;
use serde_json::{Value, json as object};

use super::http::{Exchange, Http, Request};
use super::sms::{Answer, PushProblem};
use super::words::{Hidden, fragment, id, json, percent_encode, text_of};

/// One call to start.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// Our id of it.
    pub call: String,
    /// The call account that the caller is bound to.
    pub account: String,
    /// Whom to call, +E.164.
    pub number: String,
    /// The number of the Work Order.
    pub work_order: String,
    /// The address for reports.
    pub receipt: Option<String>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("call", &self.call).field("work_order", &self.work_order).finish_non_exhaustive()
    }
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// Not picked up yet.
    Ringing,
    /// People are talking.
    Answered,
    /// Nobody picked up. The end.
    NoAnswer,
    /// The line was busy. The end.
    Busy,
    /// It could not be put through. The end.
    Failed,
    /// People have talked. The end.
    Ended,
}

/// How far a call is, and how long people have talked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallReport {
    /// The call center's id of it.
    pub reference: String,
    /// Our id of it; asked for by reference, the call center need not say.
    pub call: Option<String>,
    /// How far it is.
    pub state: CallState,
    /// Seconds.
    pub seconds: u32,
}

/// One call center. `Debug` does not show the tokens.
pub struct CallCenter {
    http: Http,
    token: String,
    push_token: String,
}

impl fmt::Debug for CallCenter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallCenter").field("http", &self.http).finish_non_exhaustive()
    }
}

impl CallCenter {
    /// `token` is shown to the call center, `push_token` is what it shows us. An empty push token lets nobody in.
    #[must_use]
    pub fn new(http: Http, token: String, push_token: String) -> Self {
        Self { http, token, push_token }
    }

    /// One attempt to start a call.
    pub async fn start(&self, call: &Call) -> Answer {
        let body = object!({
            "call": call.call, "account": call.account, "number": call.number, "work_order": call.work_order, "receipt": call.receipt,
        });
        let (status, body) = match self.exchange("/calls".to_owned(), Some(body)).await {
            Exchange::NotSent { why } => return Answer::Deferred { why },
            Exchange::Unknown { why } => return Answer::Unknown { why },
            Exchange::Answered { status, body } => (status, body),
        };
        let answer = json(&body).unwrap_or_default();
        if (200..300).contains(&status) {
            let reference = id(&answer["reference"]);
            if reference.is_empty() {
                return Answer::Unknown { why: format!("the call center answered {status} without a reference") };
            }
            return Answer::Accepted { reference };
        }
        let why = self.refusal(status, &answer, &call.number);
        match status {
            400 | 404 | 409 | 422 => Answer::Failed { why },
            503 | 300..500 => Answer::Deferred { why },
            _ => Answer::Unknown { why },
        }
    }

    /// How far a call is.
    ///
    /// # Errors
    /// Why nothing could be learned.
    pub async fn ask(&self, reference: &str, number: &str) -> Result<CallReport, String> {
        match self.exchange(format!("/calls/{}", percent_encode(reference)), None).await {
            Exchange::NotSent { why } | Exchange::Unknown { why } => Err(why),
            Exchange::Answered { status: 200, body } => {
                let answer = json(&body).ok_or("the call center answered something that is no JSON")?;
                read(reference.to_owned(), &answer).map_err(|why| format!("the call center's answer: {why}"))
            }
            Exchange::Answered { status, body } => Err(self.refusal(status, &json(&body).unwrap_or_default(), number)),
        }
    }

    /// Reads a pushed report. `authorization` is the header of that name.
    ///
    /// # Errors
    /// A [`PushProblem`].
    pub fn report(&self, authorization: &str, body: &[u8]) -> Result<CallReport, PushProblem> {
        let given =
            authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map_or("", |(_, token)| token);
        // Compares two signatures and not two tokens: takes the same time whatever differs.
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.push_token.as_bytes());
        let wanted = hmac::sign(&key, self.push_token.as_bytes());
        if self.push_token.is_empty() || hmac::verify(&key, given.trim().as_bytes(), wanted.as_ref()).is_err() {
            return Err(PushProblem::NotSigned);
        }
        let answer = json(body).ok_or_else(|| PushProblem::unreadable("the body is no JSON"))?;
        let reference = id(&answer["reference"]);
        if reference.is_empty() {
            return Err(PushProblem::unreadable("reference is missing"));
        }
        read(reference, &answer).map_err(PushProblem::unreadable)
    }

    async fn exchange(&self, path: String, body: Option<Value>) -> Exchange {
        let body = body.map(|body| ("application/json", body.to_string()));
        self.http.exchange(&Request { body, path, authorization: Some(format!("Bearer {}", self.token)) }).await
    }

    fn refusal(&self, status: u16, answer: &Value, number: &str) -> String {
        let hidden = Hidden { texts: vec![&self.token], numbers: vec![number] };
        match &*text_of(&answer["why"]) {
            "" => format!("the call center answered {status}"),
            why => fragment(&format!("the call center answered {status}: {why}"), &hidden),
        }
    }
}

fn read(reference: String, answer: &Value) -> Result<CallReport, String> {
    let state = match &*text_of(&answer["state"]) {
        "ringing" => CallState::Ringing,
        "answered" => CallState::Answered,
        "no-answer" => CallState::NoAnswer,
        "busy" => CallState::Busy,
        "failed" => CallState::Failed,
        "ended" => CallState::Ended,
        _ => return Err("state is none of ringing, answered, no-answer, busy, failed, ended".to_owned()),
    };
    let seconds = match &answer["seconds"] {
        Value::Null => 0,
        seconds => {
            seconds.as_u64().and_then(|seconds| u32::try_from(seconds).ok()).ok_or("seconds is not a whole number from 0 to 4294967295")?
        }
    };
    let call = Some(id(&answer["call"])).filter(|call| !call.is_empty());
    Ok(CallReport { reference, call, state, seconds })
}
