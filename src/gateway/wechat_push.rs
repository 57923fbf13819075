//! What WeChat pushes: the check of the address, and the events that tell what became of a message.
//! Shapes from WeChat's pages "验证消息的确来自微信服务器" (signature: SHA-1 of token, time and nonce, sorted), "模板消息" (event `TEMPLATESENDJOBFINISH`) and
//! "订阅消息" (event `subscribe_msg_sent_event` of mini programs). Plain texts only: an account set to encrypted messages alone is told so.

use std::fmt;

use data_encoding::HEXLOWER_PERMISSIVE;
use quick_xml::Reader;
use quick_xml::events::Event;
use ring::{digest, hmac};

use super::sms::{PushProblem, Receipt, Report};
use super::words::{Hidden, checked_id, fragment};

/// The body that an event is answered with, status 200; else it comes again.
pub const WECHAT_RECEIVED: &str = "success";
/// Elements in elements; WeChat has four.
const MAX_DEPTH: usize = 16;
/// More of an event is not read, in bytes.
const MAX_EVENT_BYTES: usize = 64 * 1024;

/// The token that is typed in at WeChat next to the address. `Debug` does not show it.
pub struct WeChatPush {
    token: String,
}

impl fmt::Debug for WeChatPush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeChatPush").finish_non_exhaustive()
    }
}

impl WeChatPush {
    /// An empty token lets nobody in.
    #[must_use]
    pub fn new(token: String) -> Self {
        Self { token }
    }

    /// GET: what to answer, so that WeChat takes the address. `query` is the part behind `?`.
    ///
    /// # Errors
    /// A [`PushProblem`].
    pub fn greet(&self, query: &str) -> Result<String, PushProblem> {
        self.check(query)?;
        field(query, "echostr").ok_or_else(|| PushProblem::unreadable("echostr is missing"))
    }

    /// POST: what became of which messages; empty for events about something else.
    ///
    /// # Errors
    /// A [`PushProblem`]; nothing of an event that is not signed is looked at.
    pub fn reports(&self, query: &str, body: &[u8]) -> Result<Vec<Report>, PushProblem> {
        self.check(query)?;
        if body.len() > MAX_EVENT_BYTES {
            return Err(PushProblem::unreadable(format!("more than {MAX_EVENT_BYTES} bytes")));
        }
        let text = std::str::from_utf8(body).map_err(|_| PushProblem::unreadable("not UTF-8"))?;
        let fields = fields(text)?;
        let first = |path: &str| fields.iter().find(|(at, _)| at == path).map(|(_, text)| text.trim());
        match first("xml/Event") {
            Some("TEMPLATESENDJOBFINISH") => {
                let status = first("xml/Status").ok_or_else(|| PushProblem::unreadable("Status is missing"))?;
                let reference = first("xml/MsgID")
                    .map(checked_id)
                    .filter(|id| !id.is_empty())
                    .ok_or_else(|| PushProblem::unreadable("MsgID is missing"))?;
                Ok(vec![report(&reference, status == "success", status)])
            }
            Some("subscribe_msg_sent_event") => sent(&fields),
            Some(_) => Ok(Vec::new()),
            None if first("xml/Encrypt").is_some() => Err(PushProblem::unreadable("encrypted; choose plain texts at wechat")),
            // A text that somebody wrote to the account.
            None if first("xml/MsgType").is_some() => Ok(Vec::new()),
            None => Err(PushProblem::unreadable("neither an event nor a message")),
        }
    }

    fn check(&self, query: &str) -> Result<(), PushProblem> {
        let (Some(signature), Some(timestamp), Some(nonce)) = (field(query, "signature"), field(query, "timestamp"), field(query, "nonce"))
        else {
            return Err(PushProblem::NotSigned);
        };
        let mut parts = [self.token.as_str(), &timestamp, &nonce];
        parts.sort_unstable();
        let wanted = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, parts.concat().as_bytes());
        let given = HEXLOWER_PERMISSIVE.decode(signature.as_bytes()).map_err(|_| PushProblem::NotSigned)?;
        // Compares two signatures of the two sums: takes the same time whatever differs.
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.token.as_bytes());
        let tag = hmac::sign(&key, wanted.as_ref());
        if self.token.is_empty() || hmac::verify(&key, &given, tag.as_ref()).is_err() {
            return Err(PushProblem::NotSigned);
        }
        Ok(())
    }
}

fn field(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn report(reference: &str, arrived: bool, why: &str) -> Report {
    let receipt = if arrived { Receipt::Delivered } else { Receipt::Failed { why: fragment(why, &Hidden::default()) } };
    Report { reference: reference.to_owned(), token: None, receipt, segments: None }
}

/// One `List` a message: its `MsgID`, and an `ErrorCode` that is 0 if it arrived.
fn sent(fields: &[(String, String)]) -> Result<Vec<Report>, PushProblem> {
    let mut reports = Vec::new();
    let (mut id, mut code) = (None, None);
    for (at, text) in fields {
        let text = text.trim();
        match at.as_str() {
            "xml/SubscribeMsgSentEvent/List/MsgID" => id = Some(text),
            "xml/SubscribeMsgSentEvent/List/ErrorCode" => code = Some(text),
            "xml/SubscribeMsgSentEvent/List/ErrorStatus" => {
                let (Some(id), Some(code)) = (id.take(), code.take()) else {
                    return Err(PushProblem::unreadable("MsgID or ErrorCode is missing"));
                };
                reports.push(report(&checked_id(id), code == "0", &format!("failed with {code}: {text}")));
            }
            _ => {}
        }
    }
    if reports.is_empty() { Err(PushProblem::unreadable("ErrorStatus is missing")) } else { Ok(reports) }
}

/// The texts of an XML with where they stand, `xml/Status`, in their order. No document type is read and no entity but XML's own five.
fn fields(text: &str) -> Result<Vec<(String, String)>, PushProblem> {
    let wrong = |why: &str| PushProblem::unreadable(format!("not the XML it should be: {why}"));
    let mut reader = Reader::from_str(text);
    let mut at: Vec<String> = Vec::new();
    let mut inside = String::new();
    let mut fields = Vec::new();
    loop {
        match reader.read_event().map_err(|error| wrong(&fragment(&error.to_string(), &Hidden::default())))? {
            Event::Start(start) => {
                if at.len() == MAX_DEPTH {
                    return Err(wrong("too deep"));
                }
                at.push(start.name().as_ref().to_owned());
                inside.clear();
            }
            Event::End(_) => {
                fields.push((at.join("/"), std::mem::take(&mut inside)));
                at.pop();
            }
            Event::Empty(start) => fields.push((format!("{}/{}", at.join("/"), start.name().as_ref()), String::new())),
            Event::Text(text) => inside.push_str(&text.xml10_content()),
            Event::CData(text) => inside.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(character)) => inside.push(character),
                _ => inside.push_str(quick_xml::escape::resolve_xml_entity(&reference).ok_or_else(|| wrong("an entity"))?),
            },
            Event::DocType(_) => return Err(wrong("a document type")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if at.is_empty() => return Ok(fields),
            Event::Eof => return Err(wrong("it breaks off")),
        }
    }
}
