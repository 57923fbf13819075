//! Events of messages over gateways, as `codec_bytes` keeps their bytes.

use workorderd::domain::ids::MailNo;
use workorderd::domain::text::PersonalText;
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::event::Event as OrderEvent;
use workorderd::domain::work_order::mail::MailStatus;

fn tried(status: MailStatus) -> OrderEvent {
    OrderEvent::MailTried { mail: MailNo(1), party: None, status }
}

/// Everything that may come of one.
pub fn events() -> Vec<OrderEvent> {
    vec![
        OrderEvent::MailBegun { mail: MailNo(1), segments: 3 },
        tried(MailStatus::Begun { due: Timestamp(1_795_000_000_000), segments: 3 }),
        tried(MailStatus::Accepted {
            at: Timestamp(1_795_000_030_000),
            reference: PersonalText::new("SM0123"),
            ask_at: Timestamp(1_795_000_045_000),
        }),
        tried(MailStatus::Unknown {
            at: Timestamp(1_795_000_030_000),
            why: PersonalText::new("the connection was cut"),
            ask_at: Timestamp(1_795_000_045_000),
        }),
        tried(MailStatus::Delivered { at: Timestamp(1_795_000_060_000) }),
    ]
}
