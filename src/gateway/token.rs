//! WeChat's access token: fetched once for all that wait, kept until shortly before its end, fetched again when WeChat refuses it.
//! Fetched by `POST /cgi-bin/stable_token` (page "获取稳定版接口调用凭据"), not by `GET /cgi-bin/token`: a plain fetch ends the token that
//! somebody else of the same account has just fetched, and two programs would go on ending each other's; this one gives everybody the
//! same token while it lasts. It also keeps the secret out of an address, where proxies would log it.
//! Invariant: one fetch at a time; who began to wait before it ended takes its outcome, a failure too, and does not fetch again.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json as object};
use tokio::sync::Mutex;

use super::http::{Exchange, Http, Request};
use super::words::{Hidden, fragment, json, text_of};

/// The token is given up so long before its end. WeChat gives a new one in the last 5 minutes, while the old one still works; a fetch
/// before that would get the old one again.
const MARGIN_MS: i64 = 200 * 1000;

pub(super) struct Token {
    appid: String,
    secret: String,
    kept: Mutex<Kept>,
    /// Fetches that have ended; read without waiting, to see whether one ended while somebody waited.
    ended: AtomicU64,
}

#[derive(Default)]
struct Kept {
    token: Option<(String, i64)>,
    failure: Option<String>,
}

impl Token {
    pub(super) fn new(appid: String, secret: String) -> Self {
        Self { appid, secret, kept: Mutex::default(), ended: 0.into() }
    }

    pub(super) fn appid(&self) -> &str {
        &self.appid
    }

    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    /// A token that should work. `refused` is one that WeChat has just refused: it is forgotten, if it is the one that is kept.
    ///
    /// # Errors
    /// Why there is none. Nothing of a message has been sent then.
    pub(super) async fn get(&self, http: &Http, refused: Option<&str>, now_ms: i64) -> Result<String, String> {
        let ended = self.ended.load(Ordering::SeqCst);
        let mut kept = self.kept.lock().await;
        if let Some((token, until_ms)) = &kept.token
            && Some(token.as_str()) != refused
            && now_ms < *until_ms
        {
            return Ok(token.clone());
        }
        if let Some(failure) = &kept.failure
            && self.ended.load(Ordering::SeqCst) != ended
        {
            return Err(failure.clone());
        }
        kept.token = None;
        let fetched = self.fetch(http, now_ms).await;
        self.ended.fetch_add(1, Ordering::SeqCst);
        let outcome = match fetched {
            // The others who were refused with it must not each fetch it again either.
            Ok((token, _)) if Some(token.as_str()) == refused => Err("wechat refuses the access token that it gives".to_owned()),
            fetched => fetched,
        };
        kept.failure = outcome.as_ref().err().cloned();
        kept.token = outcome.as_ref().ok().cloned();
        outcome.map(|(token, _)| token)
    }

    async fn fetch(&self, http: &Http, now_ms: i64) -> Result<(String, i64), String> {
        let body = object!({ "grant_type": "client_credential", "appid": self.appid, "secret": self.secret });
        let request =
            Request { body: Some(("application/json", body.to_string())), path: "/cgi-bin/stable_token".to_owned(), authorization: None };
        let (status, body) = match http.exchange(&request).await {
            Exchange::NotSent { why } | Exchange::Unknown { why } => return Err(format!("no access token: {why}")),
            Exchange::Answered { status, body } => (status, body),
        };
        let answer = json(&body).unwrap_or_default();
        let token = answer["access_token"].as_str().filter(|token| !token.is_empty());
        match (token, answer["expires_in"].as_i64()) {
            (Some(token), Some(seconds)) if seconds > 0 => {
                let lasts_ms = seconds.saturating_mul(1000);
                Ok((token.to_owned(), now_ms.saturating_add((lasts_ms - MARGIN_MS).max(lasts_ms / 2))))
            }
            _ => Err(self.refusal(status, &answer)),
        }
    }

    fn refusal(&self, status: u16, answer: &Value) -> String {
        let code = text_of(&answer["errcode"]);
        let why = match &*code {
            "" => format!("no access token: wechat answered {status} without one"),
            code => format!("no access token: wechat refused it with {code}: {}", text_of(&answer["errmsg"])),
        };
        fragment(&why, &Hidden { texts: vec![&self.secret], numbers: Vec::new() })
    }
}
