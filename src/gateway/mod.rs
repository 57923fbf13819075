//! Gateways over HTTP (NTF-2): one file per provider for SMS, WeChat and calls, each with one attempt whose answer says what is known,
//! the question what became of a message, and the reports that providers push.
//! When to try again, whom a message goes to, and how quotas are counted are decided elsewhere (engine, domain).

mod aliyun;
mod call;
mod http;
mod segments;
mod sms;
mod token;
mod twilio;
mod wechat;
mod wechat_push;
mod words;

pub use aliyun::{ALIYUN_RECEIVED, Aliyun, aliyun_reports, aliyun_signature};
pub use call::{Call, CallCenter, CallReport, CallState};
pub use http::{Exchange, Http, HttpProblem, MAX_ANSWER_BYTES, Request};
pub use segments::{Alphabet, Segments, segments, ucs2_segments};
pub use sms::{Answer, Callback, Gateway, PushProblem, Receipt, Report, Sms, SmsTemplate, Stamp};
pub use twilio::{Sender, Twilio, twilio_signature};
pub use wechat::{WeChat, WeChatKind, WeChatMessage};
pub use wechat_push::{WECHAT_RECEIVED, WeChatPush};
