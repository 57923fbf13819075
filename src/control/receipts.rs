//! Receipts of messages that providers bring, through workorder-portal: which mail they are of, and what became of it (NTF-2). And what a
//! call center brings of calls (FUP-5).
//!
//! Who brings one is known by a signature (Twilio, WeChat), or by a token that only the provider was told (Aliyun, which signs nothing; the call
//! center shows one beside what it knows the call by).

use super::desk::Visit;
use super::portal;
use super::refuse::{self, field};
use super::service::Outcome;
use crate::domain::ids::{MailNo, WorkOrderId};
use crate::domain::rejection::Rejection;
use crate::protocol::guest as shape;
use crate::protocol::varlink::ErrorReply;
use crate::runtime::dialer;
use crate::runtime::gateways::{self, ProviderReceipt, WrongReceipt};
use crate::runtime::links::Token;

/// Answers the call.
pub async fn take(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::TakeReceipt = visit.parameters()?;
    let runtime = &visit.desk.runtime;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let brought = ProviderReceipt {
        provider: p.provider.clone(),
        token: text(&p.token),
        query: text(&p.query),
        signature: text(&p.signature),
        body: text(&p.body),
    };
    let wrong = |wrong| match wrong {
        WrongReceipt::UnknownProvider => field("provider", format!("{:?} is none that is configured", p.provider)),
        WrongReceipt::NotSigned => portal::wrong_token(visit, field("signature", "is wrong or missing")),
        WrongReceipt::Unreadable(why) => field("body", why),
    };
    let unknown = || portal::wrong_token(visit, refuse::rejection(&Rejection::UnknownInvitation));
    if p.provider == "calls" {
        let report = runtime.read_call_report(&brought).map_err(wrong)?;
        let Some(Token::Call(order, call)) = report.call.as_deref().and_then(|call| runtime.open_token(call)) else {
            return Err(unknown());
        };
        dialer::take(runtime, order, call, &report).await.map_err(refuse::refusal)?;
        return Ok(Outcome::reply(&shape::ReceiptTaken { answer: String::new() }));
    }
    let read = runtime.read_receipt(&brought).map_err(wrong)?;
    for (of, outcome) in read.told {
        let found: Option<(WorkOrderId, MailNo)> = match &of {
            gateways::Of::Token(token) => match runtime.open_token(token) {
                Some(Token::Receipt(order, mail)) => Some((order, mail)),
                Some(Token::Invitation(..) | Token::SignIn(..) | Token::Session(..) | Token::Call(..)) | None => return Err(unknown()),
            },
            // One that is waited for no longer.
            gateways::Of::Reference(reference) => runtime.views().messages().of_receipt(reference),
        };
        let Some((order, mail)) = found else { continue };
        gateways::take(runtime, order, mail, outcome).await.map_err(refuse::refusal)?;
    }
    Ok(Outcome::reply(&shape::ReceiptTaken { answer: read.answer }))
}
