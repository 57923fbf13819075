//! What providers of messages bring: receipts, handed on to the daemon as they came. It knows who may bring one; nothing is decided here.
//!
//! | address | who | how it is known |
//! | --- | --- | --- |
//! | `RECEIPTS/sms/TOKEN` | Twilio | its signature |
//! | `RECEIPTS/aliyun` | Aliyun | a token in what it brings |
//! | `RECEIPTS/wechat` | WeChat | its signature, in the query |
//! | `RECEIPTS/calls` | the call center | its token, in `Authorization` |

use super::route::{Daemon, Reply, Request, Trouble};
use crate::protocol::guest::{ReceiptTaken, TakeReceipt};

/// Answers a request for an address behind `RECEIPTS/`.
pub fn answer(request: &Request, rest: &str, daemon: &Daemon) -> Reply {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let told = |provider: &str| TakeReceipt { provider: provider.to_owned(), body: Some(body.clone()), ..TakeReceipt::default() };
    let asked = match (request.method.as_str(), rest.split_once('/')) {
        ("POST", Some(("sms", token))) if !token.is_empty() => {
            TakeReceipt { token: Some(token.to_owned()), signature: Some(request.signature.clone()), ..told("twilio") }
        }
        ("POST", None) if rest == "aliyun" => told("aliyun"),
        ("POST", None) if rest == "calls" => TakeReceipt { signature: Some(request.authorization.clone()), ..told("calls") },
        ("GET" | "POST", None) if rest == "wechat" => TakeReceipt { query: Some(request.query.clone()), ..told("wechat") },
        _ => return plain(404, "there is nothing here\n".to_owned()),
    };
    match daemon.call::<_, ReceiptTaken>("TakeReceipt", &asked) {
        Ok(taken) if asked.provider == "aliyun" => Reply { content_type: "application/json; charset=utf-8", ..plain(200, taken.answer) },
        Ok(taken) if asked.provider == "calls" => plain(204, taken.answer),
        Ok(taken) => plain(200, taken.answer),
        Err(Trouble::Wrong(_) | Trouble::Unknown | Trouble::Bad) => Reply { unknown: true, ..plain(403, "not taken\n".to_owned()) },
        Err(Trouble::Closed | Trouble::Later) => plain(503, "try again\n".to_owned()),
    }
}

fn plain(status: u16, body: String) -> Reply {
    Reply { status, content_type: "text/plain; charset=utf-8", body, location: None, kept: false, unknown: false }
}
