//! Messages through WeChat: the template message of a service account, for those who follow it, and the subscription message of a mini
//! program, for those who came in through it and allowed it. Each is a [`WeChat`] with its own appid and secret.
//! Shapes and codes from WeChat's pages "发送模板消息" (sendTemplateMessage), "发送订阅消息" (subscribeMessage.send), "获取用户基本信息" (userInfo)
//! and "全局返回码"; 43108 and 43117 are in no table, but say "please try again" themselves.
//! WeChat answers 200 to everything and tells the truth in `errcode`.

use std::fmt;

use serde_json::{Map, Value, json as object};

use super::http::{Exchange, Http, Request};
use super::sms::{Answer, Stamp};
use super::token::Token;
use super::words::{Hidden, fragment, id, json, percent_encode, text_of};

/// Which of the two interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WeChatKind {
    /// A service account: template messages to followers.
    ServiceAccount,
    /// A mini program: subscription messages.
    MiniProgram {
        /// `formal`, `trial` or `developer`; `formal` if not given.
        state: Option<String>,
    },
}

/// One message to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct WeChatMessage {
    /// Our id of it: a service account sends a message with the same id to the same person once within ten minutes. Mini programs have
    /// no such thing.
    pub id: Option<String>,
    /// The person, as this account or mini program knows them.
    pub openid: String,
    /// The template.
    pub template_id: String,
    /// What opens at a touch: a link for a service account, a page for a mini program.
    pub link: Option<String>,
    /// Names and values.
    pub data: Vec<(String, String)>,
}

impl fmt::Debug for WeChatMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeChatMessage").field("id", &self.id).field("template_id", &self.template_id).finish_non_exhaustive()
    }
}

/// One service account or mini program. `Debug` does not show the secret.
pub struct WeChat {
    http: Http,
    kind: WeChatKind,
    token: Token,
}

impl fmt::Debug for WeChat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeChat")
            .field("http", &self.http)
            .field("kind", &self.kind)
            .field("appid", &self.token.appid())
            .finish_non_exhaustive()
    }
}

/// What WeChat said, once its access token was good.
enum Said {
    /// JSON, whatever its `errcode`; and the access token, which must not get into any words.
    Json(Value, String),
    /// There is no token, or nothing was sent.
    Nothing(String),
    /// Nobody knows.
    Unknown(String),
    /// HTTP was refused.
    Status(u16),
}

impl WeChat {
    /// The base is `https://api.weixin.qq.com`, or where a test listens.
    #[must_use]
    pub fn new(http: Http, kind: WeChatKind, appid: String, secret: String) -> Self {
        Self { http, kind, token: Token::new(appid, secret) }
    }

    /// One attempt; two requests if there is no access token yet, up to four if WeChat refuses the one there is.
    pub async fn send(&self, message: &WeChatMessage, stamp: Stamp) -> Answer {
        let (path, body) = self.shape(message);
        let (answer, token) = match self.exchange(path, "", Some(body), stamp).await {
            Said::Json(answer, token) => (answer, token),
            Said::Nothing(why) => return Answer::Deferred { why },
            Said::Unknown(why) => return Answer::Unknown { why },
            Said::Status(status @ (503 | 300..500)) => return Answer::Deferred { why: format!("wechat answered {status}") },
            Said::Status(status) => return Answer::Unknown { why: format!("wechat answered {status}") },
        };
        let Some(code) = answer["errcode"].as_i64() else {
            return Answer::Unknown { why: "wechat answered without errcode".to_owned() };
        };
        if code == 0 {
            return Answer::Accepted { reference: id(&answer["msgid"]) };
        }
        let mut hidden = Hidden { texts: vec![self.token.secret(), &token, &message.openid], numbers: Vec::new() };
        hidden.texts.extend(message.data.iter().map(|(_, value)| value.as_str()));
        hidden.texts.extend(message.link.as_deref());
        let why = fragment(&format!("wechat refused it with {code}{}: {}", meaning(code), text_of(&answer["errmsg"])), &hidden);
        if may_work_later(code) { Answer::Deferred { why } } else { Answer::Failed { why } }
    }

    /// Whether a person follows the service account, so that a template message can reach them.
    ///
    /// # Errors
    /// Why nothing could be learned.
    pub async fn follows(&self, openid: &str, stamp: Stamp) -> Result<bool, String> {
        if self.kind != WeChatKind::ServiceAccount {
            return Err("a mini program has no followers".to_owned());
        }
        let query = format!("&openid={}&lang=zh_CN", percent_encode(openid));
        let (answer, token) = match self.exchange("/cgi-bin/user/info", &query, None, stamp).await {
            Said::Json(answer, token) => (answer, token),
            Said::Nothing(why) | Said::Unknown(why) => return Err(why),
            Said::Status(status) => return Err(format!("wechat answered {status}")),
        };
        match (answer["subscribe"].as_i64(), answer["errcode"].as_i64()) {
            (Some(subscribe), None | Some(0)) => Ok(subscribe == 1),
            // Not an openid of this account: no message can go there.
            (_, Some(40003)) => Ok(false),
            (_, Some(code)) => {
                let hidden = Hidden { texts: vec![self.token.secret(), &token, openid], numbers: Vec::new() };
                Err(fragment(&format!("wechat refused it with {code}{}: {}", meaning(code), text_of(&answer["errmsg"])), &hidden))
            }
            (None, None) => Err("wechat does not say whether this person follows".to_owned()),
        }
    }

    fn shape(&self, message: &WeChatMessage) -> (&'static str, Value) {
        let data: Map<String, Value> = message.data.iter().map(|(name, value)| (name.clone(), object!({ "value": value }))).collect();
        let mut body = object!({ "touser": message.openid, "template_id": message.template_id, "data": data });
        let (path, optional) = match &self.kind {
            WeChatKind::ServiceAccount => ("/cgi-bin/message/template/send", [("url", &message.link), ("client_msg_id", &message.id)]),
            WeChatKind::MiniProgram { state } => {
                ("/cgi-bin/message/subscribe/send", [("page", &message.link), ("miniprogram_state", state)])
            }
        };
        for (name, value) in optional {
            if let Some(value) = value {
                body[name] = Value::String(value.clone());
            }
        }
        (path, body)
    }

    /// Asks with the access token, and once more with another one if WeChat refuses it: then nothing has been done yet.
    async fn exchange(&self, path: &str, query: &str, body: Option<Value>, stamp: Stamp) -> Said {
        let body = body.map(|body| ("application/json", body.to_string()));
        let mut refused: Option<String> = None;
        loop {
            let token = match self.token.get(&self.http, refused.as_deref(), stamp.now_ms).await {
                Ok(token) => token,
                Err(why) => return Said::Nothing(why),
            };
            let path = format!("{path}?access_token={}{query}", percent_encode(&token));
            let answer = match self.http.exchange(&Request { body: body.clone(), path, authorization: None }).await {
                Exchange::NotSent { why } => return Said::Nothing(why),
                Exchange::Unknown { why } => return Said::Unknown(why),
                Exchange::Answered { status: 200, body } => json(&body),
                Exchange::Answered { status, .. } => return Said::Status(status),
            };
            let Some(answer) = answer else {
                return Said::Unknown("wechat answered something that is no JSON".to_owned());
            };
            match answer["errcode"].as_i64() {
                Some(code) if token_is_bad(code) && refused.is_none() => refused = Some(token),
                _ => return Said::Json(answer, token),
            }
        }
    }
}

/// Wrong (40001, 40014), at its end (42001).
const fn token_is_bad(code: i64) -> bool {
    matches!(code, 40001 | 40014 | 42001)
}

/// Whether a refusal is about the moment or about this installation; any other is about the message or the person.
const fn may_work_later(code: i64) -> bool {
    match code {
        // Busy; limits of the day, of the minute, of the answers to one person; two at once, or too many, to one person.
        -1 | 45009 | 45011 | 45047 | 43108 | 43117 => true,
        // Appid, secret, this machine's address, rights of the account, or the account itself blocked.
        40013 | 40125 | 40164 | 40243 | 41001 | 48001 | 48004 | 50002 => true,
        code => token_is_bad(code),
    }
}

/// What people should know a code by; the others say enough themselves.
const fn meaning(code: i64) -> &'static str {
    match code {
        40003 => " (no such person at this account)",
        40036 | 40037 => " (the template)",
        41028 | 41029 => " (the form id)",
        41030 => " (the page)",
        43004 => " (does not follow the account)",
        43101 => " (has not allowed it, or has taken it back)",
        45009 => " (limit of the day)",
        45047 => " (too many messages to this person)",
        47003 => " (a value does not fit the template)",
        _ => "",
    }
}
