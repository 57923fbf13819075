//! Messages as they would be sent (EVA-6), before they are.

use std::fs;

use serde_json::json;
use workorderd::domain::ids::{InvitationNo, WorkOrderId};
use workorderd::runtime::links::Token;

use crate::cli_stage::run_at;
use crate::real_stage::{Home, seed};

#[test]
fn a_message_is_shown_as_the_customer_would_get_it_with_other_words_too_and_nothing_is_sent() {
    let home = Home::new();
    let daemon = home.start_with(&["--set", "links.base_url=https://service.example/e/"]);
    let mut admin = daemon.admin();
    seed(&mut admin);
    let number = daemon.user("dora").create(json!({ "subject": "电梯 <坏了> & stuck" }));
    let head = admin.head();
    let show = |more: &[&str]| run_at(daemon.socket(), &[&["definitions", "preview-message", "please-rate", &number], more].concat());

    let ran = show(&[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for part in ["to           王伟 <wang@example.cn>", "language     zh", number.as_str(), "https://service.example/e/EXAMPLE-"] {
        assert!(ran.out.contains(part), "{part} is not in {}", ran.out);
    }
    assert!(show(&["--language", "en"]).out.contains("language     en"));
    let told: serde_json::Value =
        serde_json::from_str(&run_at(daemon.socket(), &["--json", "definitions", "preview-message", "please-rate", &number]).out).unwrap();
    // With a link as long as the real ones: two segments of UCS-2, not one.
    let real = Token::Invitation(WorkOrderId(7), InvitationNo(1)).write(&[7; 32]);
    assert_eq!(told["sms"].as_str().unwrap().split("/e/").nth(1).unwrap().len(), real.len(), "{told}");
    assert_eq!(told["smsSegments"], 2, "{told}");
    let place = home.path("mail.html");
    match told["html"].as_str() {
        Some(html) => {
            let ran = show(&["--html", place.to_str().unwrap()]);
            assert_eq!((ran.code, fs::read_to_string(&place).unwrap().as_str()), (0, html), "{}", ran.err);
            assert!(html.contains("&lt;坏了&gt; &amp; stuck") && !html.contains("<坏了>"), "what a customer typed is no markup: {html}");
        }
        None => panic!("the sample's message has HTML: {told}"),
    }

    // Other words, which are not applied.
    let other = home.path("other.toml");
    let wording = |text: &str| {
        format!("[[message]]\nname = \"please-rate\"\n[[message.wording]]\nlanguage = \"zh\"\nsubject = \"#Subject#\"\ntext = \"{text}\"\n")
    };
    fs::write(&other, wording("#RecipientName#，请点 #URL#")).unwrap();
    let ran = show(&["--with", other.to_str().unwrap()]);
    assert!(
        ran.out.ends_with("\n王伟，请点 https://service.example/e/EXAMPLE-opens-nothing-but-is-as-long-as-a-link\n")
            && ran.out.contains("html         none"),
        "{}{}",
        ran.out,
        ran.err
    );
    let ran = show(&["--with", other.to_str().unwrap(), "--html", place.to_str().unwrap()]);
    assert!(ran.code == 2 && ran.err.contains("has no HTML"), "{}", ran.err);
    for (text, says) in [("#RecipientNam#，请点 #URL#", "RecipientNam"), ("请评价", "#URL# is missing")] {
        fs::write(&other, wording(text)).unwrap();
        let ran = show(&["--with", other.to_str().unwrap()]);
        assert!(ran.code == 1 && ran.err.contains(says) && ran.err.contains("other.toml"), "{}{}", ran.out, ran.err);
    }
    assert_eq!(admin.head(), head, "nothing was changed, and nobody is mailed");
}
