//! SMS through Aliyun (Alibaba Cloud), `dysmsapi`, version 2017-05-25: `SendSms`, `QuerySendDetails` and the pushed `SmsReport`.
//! Shapes from Aliyun's pages "SendSms - 发送短信", "QuerySendDetails - 查询短信发送详情", "SmsReport" (push by HTTP), "国内消息API错误码"
//! and "V2版本RPC风格请求体&签名机制" (RPC, HMAC-SHA1, version 1.0). That last page recommends version 3 to new programs; 1.0 is what Aliyun's own
//! samples of this service send.
//! "SendSms" says that nothing here is idempotent, and to look at the receipt before trying again after a time-out: [`Aliyun::find`].

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use jiff::tz::Offset;
use ring::hmac;
use serde_json::{Map, Value};

use super::http::{Exchange, Http, Request};
use super::sms::{Answer, PushProblem, Receipt, Report, Sms, Stamp};
use super::words::{Hidden, fragment, id, json, percent_encode, text_of};

/// The body that a pushed report is answered with, status 200; else it comes again after 1, 5 and 10 minutes.
pub const ALIYUN_RECEIVED: &str = r#"{"code":0,"msg":"成功"}"#;
/// Days are told in China time, which has no summer time.
const CHINA: Offset = Offset::constant(8);
/// Their clock and ours may name two days for one moment.
const NEAR_MIDNIGHT_MS: i64 = 5 * 60 * 1000;
/// Entries a page, the most there may be.
const PAGE_SIZE: u32 = 50;
/// One number gets no more texts a day than fit on so many pages.
const PAGES: u32 = 4;

/// One access key at Aliyun, and the signature (in Chinese SMS the sender's name in brackets). `Debug` does not show the secret.
pub struct Aliyun {
    http: Http,
    key_id: String,
    key_secret: String,
    sign_name: String,
}

impl fmt::Debug for Aliyun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aliyun")
            .field("http", &self.http)
            .field("key_id", &self.key_id)
            .field("sign_name", &self.sign_name)
            .finish_non_exhaustive()
    }
}

/// What a refusal is about.
enum About {
    TheMessage,
    UsOrNow,
    Nobody,
}

impl Aliyun {
    /// The base is `https://dysmsapi.aliyuncs.com`, or where a test listens.
    #[must_use]
    pub fn new(http: Http, key_id: String, key_secret: String, sign_name: String) -> Self {
        Self { http, key_id, key_secret, sign_name }
    }

    /// One attempt.
    pub async fn send(&self, sms: &Sms, stamp: Stamp) -> Answer {
        let Some(template) = &sms.template else {
            return Answer::Failed { why: "aliyun sends approved templates only, and this message has none".to_owned() };
        };
        let values: Map<String, Value> =
            template.parameters.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
        let mut parameters = vec![
            ("PhoneNumbers", number(&sms.to)),
            ("SignName", self.sign_name.clone()),
            ("TemplateCode", template.code.clone()),
            ("TemplateParam", Value::Object(values).to_string()),
        ];
        if let Some(receipt) = &sms.receipt {
            parameters.push(("OutId", receipt.token.clone()));
        }
        let (status, body) = match self.exchange("SendSms", parameters, stamp, 0).await {
            Ok(Exchange::Answered { status, body }) => (status, body),
            Ok(Exchange::NotSent { why }) | Err(why) => return Answer::Deferred { why },
            Ok(Exchange::Unknown { why }) => return Answer::Unknown { why },
        };
        let Some(answer) = json(&body).filter(Value::is_object) else {
            return no_json(status);
        };
        let code = text_of(&answer["Code"]);
        if code == "OK" {
            return Answer::Accepted { reference: id(&answer["BizId"]) };
        }
        let mut hidden = Hidden { texts: vec![&self.key_secret, &sms.text], numbers: vec![&sms.to] };
        hidden.texts.extend(template.parameters.iter().map(|(_, value)| value.as_str()));
        let why = refusal(status, &answer, &hidden);
        match about(status, &code) {
            About::TheMessage => Answer::Failed { why },
            About::UsOrNow => Answer::Deferred { why },
            About::Nobody => Answer::Unknown { why },
        }
    }

    /// What became of a message, by its `BizId`.
    ///
    /// # Errors
    /// Why nothing could be learned.
    pub async fn ask(&self, biz_id: &str, to: &str, sent_at_ms: i64, stamp: Stamp) -> Result<Receipt, String> {
        // One number was sent to, so there is one entry.
        let receipt = self.look(Some(biz_id), to, sent_at_ms, stamp, |_| true).await?;
        Ok(receipt.unwrap_or(Receipt::NotYet))
    }

    /// What became of a message whose answer never came, by the token that went out as `OutId`; `None` if Aliyun does not have it (yet).
    ///
    /// # Errors
    /// Why nothing could be learned.
    pub async fn find(&self, token: &str, to: &str, sent_at_ms: i64, stamp: Stamp) -> Result<Option<Receipt>, String> {
        self.look(None, to, sent_at_ms, stamp, |entry| text_of(&entry["OutId"]) == token).await
    }

    async fn look(
        &self,
        biz_id: Option<&str>,
        to: &str,
        sent_at_ms: i64,
        stamp: Stamp,
        is_it: impl Fn(&Value) -> bool,
    ) -> Result<Option<Receipt>, String> {
        let mut asked = 0;
        for day in days(sent_at_ms)? {
            for page in 1..=PAGES {
                let mut parameters = vec![
                    ("PhoneNumber", number(to)),
                    ("SendDate", day.clone()),
                    ("PageSize", PAGE_SIZE.to_string()),
                    ("CurrentPage", page.to_string()),
                ];
                if let Some(biz_id) = biz_id {
                    parameters.push(("BizId", biz_id.to_owned()));
                }
                let answer = self.page(to, parameters, stamp, asked).await?;
                asked += 1;
                let entries = answer["SmsSendDetailDTOs"]["SmsSendDetailDTO"].as_array().map_or(&[][..], Vec::as_slice);
                if let Some(entry) = entries.iter().find(|entry| is_it(entry)) {
                    return self.receipt(entry, to).map(Some);
                }
                let total: u32 = text_of(&answer["TotalCount"]).parse().unwrap_or(0);
                if entries.is_empty() || total <= page * PAGE_SIZE {
                    break;
                }
            }
        }
        Ok(None)
    }

    async fn page(&self, to: &str, parameters: Vec<(&'static str, String)>, stamp: Stamp, asked: u32) -> Result<Value, String> {
        match self.exchange("QuerySendDetails", parameters, stamp, asked).await? {
            Exchange::NotSent { why } | Exchange::Unknown { why } => Err(why),
            Exchange::Answered { status, body } => match json(&body) {
                Some(answer) if text_of(&answer["Code"]) == "OK" => Ok(answer),
                Some(answer) => Err(refusal(status, &answer, &Hidden { texts: vec![&self.key_secret], numbers: vec![to] })),
                None => Err(format!("aliyun answered {status} and something that is no JSON")),
            },
        }
    }

    fn receipt(&self, entry: &Value, to: &str) -> Result<Receipt, String> {
        let hidden = Hidden { texts: vec![&self.key_secret], numbers: vec![to] };
        match &*text_of(&entry["SendStatus"]) {
            "1" => Ok(Receipt::NotYet),
            "2" => Ok(Receipt::Failed { why: fragment(&format!("not delivered: {}", text_of(&entry["ErrCode"])), &hidden) }),
            "3" => Ok(Receipt::Delivered),
            other => Err(fragment(&format!("aliyun tells a status that is not known here: `{other}`"), &hidden)),
        }
    }

    /// `asked` tells requests of one stamp apart: each must have a nonce of its own.
    async fn exchange(&self, action: &str, own: Vec<(&'static str, String)>, stamp: Stamp, asked: u32) -> Result<Exchange, String> {
        let now = Timestamp::from_millisecond(stamp.now_ms).map_err(|_| "this machine's clock is out of all range".to_owned())?;
        let nonce = HEXLOWER.encode(&stamp.nonce);
        let mut parameters = own;
        parameters.extend([
            ("AccessKeyId", self.key_id.clone()),
            ("Action", action.to_owned()),
            ("Format", "JSON".to_owned()),
            ("RegionId", "cn-hangzhou".to_owned()),
            ("SignatureMethod", "HMAC-SHA1".to_owned()),
            ("SignatureNonce", if asked == 0 { nonce } else { format!("{nonce}-{asked}") }),
            ("SignatureVersion", "1.0".to_owned()),
            ("Timestamp", now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ("Version", "2017-05-25".to_owned()),
        ]);
        let signature = aliyun_signature("POST", &self.key_secret, &parameters);
        parameters.push(("Signature", signature));
        let body = Some(("application/x-www-form-urlencoded", canonical(&parameters)));
        Ok(self.http.exchange(&Request { body, path: "/".to_owned(), authorization: None }).await)
    }
}

/// Reads pushed reports: a JSON array. They are not signed: take one only if its token is one of ours that still waits.
///
/// # Errors
/// A [`PushProblem`].
pub fn aliyun_reports(body: &[u8]) -> Result<Vec<Report>, PushProblem> {
    let Some(Value::Array(entries)) = json(body) else {
        return Err(PushProblem::unreadable("the body is no JSON array"));
    };
    entries.iter().map(report).collect()
}

fn report(entry: &Value) -> Result<Report, PushProblem> {
    let reference = id(&entry["biz_id"]);
    if reference.is_empty() {
        return Err(PushProblem::unreadable("biz_id is missing"));
    }
    let number = text_of(&entry["phone_number"]);
    let receipt = match (&entry["success"], &*text_of(&entry["success"])) {
        (Value::Bool(true), _) | (_, "true") => Receipt::Delivered,
        (Value::Bool(false), _) | (_, "false") => {
            let why = format!("not delivered: {} {}", text_of(&entry["err_code"]), text_of(&entry["err_msg"]));
            Receipt::Failed { why: fragment(&why, &Hidden { texts: Vec::new(), numbers: vec![&number] }) }
        }
        _ => return Err(PushProblem::unreadable("success is neither true nor false")),
    };
    let token = Some(id(&entry["out_id"])).filter(|token| !token.is_empty());
    Ok(Report { reference, token, receipt, segments: text_of(&entry["sms_size"]).parse().ok() })
}

/// The signature of a request (version 1.0): HMAC-SHA1 with the secret and `&` over the method, the path and the sorted parameters.
#[must_use]
pub fn aliyun_signature(method: &str, key_secret: &str, parameters: &[(&str, String)]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{key_secret}&").as_bytes());
    let text = format!("{method}&%2F&{}", percent_encode(&canonical(parameters)));
    BASE64.encode(hmac::sign(&key, text.as_bytes()).as_ref())
}

fn canonical(parameters: &[(&str, String)]) -> String {
    let mut sorted: Vec<&(&str, String)> = parameters.iter().collect();
    sorted.sort_unstable();
    let pairs: Vec<String> = sorted.iter().map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value))).collect();
    pairs.join("&")
}

/// At home 11 digits without the country, which is the one form that sending and asking share; abroad the country and the number.
fn number(to: &str) -> String {
    let digits: String = to.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix("86") {
        Some(national) if national.len() == 11 && national.starts_with('1') => national.to_owned(),
        _ => digits,
    }
}

/// The days, yyyyMMdd, on which Aliyun may have filed a message, the likeliest first.
fn days(sent_at_ms: i64) -> Result<Vec<String>, String> {
    let mut days = Vec::new();
    for shift in [0, NEAR_MIDNIGHT_MS, -NEAR_MIDNIGHT_MS] {
        let moment = sent_at_ms.checked_add(shift).and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let moment = moment.ok_or_else(|| "the moment of sending is out of all range".to_owned())?;
        let day = CHINA.to_datetime(moment).strftime("%Y%m%d").to_string();
        if !days.contains(&day) {
            days.push(day);
        }
    }
    Ok(days)
}

/// Something between Aliyun and us answered: with a 503, a redirect or a 4xx before anything was done.
fn no_json(status: u16) -> Answer {
    let why = format!("aliyun answered {status} and something that is no JSON");
    match status {
        503 | 300..500 => Answer::Deferred { why },
        _ => Answer::Unknown { why },
    }
}

/// The words of a refusal. Those of the service itself (`isv.`, `isp.`) are kept; those of the door before it quote the request, number and
/// values and all ("server string to sign is: ..."), so of them the code alone.
fn refusal(status: u16, answer: &Value, hidden: &Hidden<'_>) -> String {
    let code = text_of(&answer["Code"]);
    let why = match &*code {
        "" => format!("aliyun answered {status} without a code"),
        code if code.starts_with("isv.") || code.starts_with("isp.") => {
            format!("aliyun refused it with {code}: {}", text_of(&answer["Message"]))
        }
        code => format!("aliyun refused it with {code}"),
    };
    fragment(&why, hidden)
}

fn about(status: u16, code: &str) -> About {
    match code {
        // Limits: of the number (minute, hour, day), of the day, of the month.
        "isv.BUSINESS_LIMIT_CONTROL" | "isv.DAY_LIMIT_CONTROL" | "isv.MONTH_LIMIT_CONTROL" => About::UsOrNow,
        // The account: no money, not opened, not ours, not from here.
        "isv.AMOUNT_NOT_ENOUGH" | "isv.OUT_OF_SERVICE" | "isv.PRODUCT_UN_SUBSCRIPT" | "isv.PRODUCT_UNSUBSCRIBE" => About::UsOrNow,
        "isv.ACCOUNT_NOT_EXISTS" | "isv.ACCOUNT_ABNORMAL" | "isv.DENY_IP_RANGE" => About::UsOrNow,
        // Number, template, signature or values: the same request gets the same answer tomorrow.
        code if code.starts_with("isv.") => About::TheMessage,
        // "Call again; if it stays, open a ticket" (isp.SYSTEM_ERROR); rights of the key (isp.RAM_PERMISSION_DENY).
        code if code.starts_with("isp.") => About::UsOrNow,
        // A nonce is used once. If it was seen before, so was this message.
        "SignatureNonceUsed" => About::Nobody,
        // What the door before the service says comes before anything is done: Throttling*, SignatureDoesNotMatch, InvalidTimeStamp.*,
        // InvalidAccessKeyId.*, Forbidden.*, ServiceUnavailable; but not that it failed itself.
        code if code.starts_with("Throttling") || code.starts_with("ServiceUnavailable") => About::UsOrNow,
        _ if status == 503 || (300..500).contains(&status) => About::UsOrNow,
        _ => About::Nobody,
    }
}
