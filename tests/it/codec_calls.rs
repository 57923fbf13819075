//! Events of calls, as `codec_bytes` keeps their bytes.

use workorderd::domain::ids::{CallNo, ContactId, StaffUserId};
use workorderd::domain::text::PersonalText;
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::call::{CallEnd, CallStatus, PhoneCall};
use workorderd::domain::work_order::event::Event;
use workorderd::domain::work_order::state::Party;

/// A call to 王伟, a call to a number that was typed, and everything that may come of one.
pub fn events() -> Vec<Event> {
    let wang = || Some(Party::Contact(ContactId::new("wang").unwrap()));
    let (at, later) = (Timestamp(1_795_000_000_000), Timestamp(1_795_000_015_000));
    let started = |no, party, number: &str| {
        let status = CallStatus::Waiting { again_at: at, why: None };
        let (by, account) = (StaffUserId::new("emil").unwrap(), PersonalText::new("8002"));
        let call = PhoneCall { no: CallNo(no), party, number: PersonalText::new(number), by, account, at, told: 0, status };
        Event::CallStarted { call: Box::new(call) }
    };
    let told = |call, party, status| Event::CallTold { call: CallNo(call), party, status };
    let ended = |end| CallStatus::Ended { at: later, end };
    let reference = PersonalText::new("ref-1");
    vec![
        started(1, wang(), "138 0013 8000"),
        told(1, wang(), CallStatus::Waiting { again_at: later, why: Some(PersonalText::new("connection refused")) }),
        told(1, wang(), CallStatus::UnderWay { at, reference, talking: true, looks: 2, look_at: later }),
        told(1, wang(), ended(CallEnd::Answered { seconds: 125 })),
        started(2, None, "+86 21 5888 0000"),
        told(2, None, ended(CallEnd::NoAnswer)),
        told(2, None, ended(CallEnd::Busy)),
        told(2, None, ended(CallEnd::Failed { why: PersonalText::new("no such number") })),
        told(2, None, CallStatus::GivenUp { at: later, why: PersonalText::new("no outcome") }),
        told(2, None, CallStatus::CalledOff { at: later }),
    ]
}
