//! What passes as a name and an address, and what is refused at the door.

use proptest::prelude::*;
use workorderd::mail::{AddressProblem, Message, clean};

use crate::mail_stage::message;

fn refusal(name: &str, address: &str) -> String {
    clean(name, address).unwrap_err().to_string()
}

#[test]
fn line_breaks_and_control_characters_are_refused_in_names_and_addresses() {
    for line_break in ["\n", "\r", "\r\n", "\u{2028}", "\u{85}"] {
        let name = format!("Li{line_break}Bcc: all@example.com");
        assert_eq!(refusal(&name, "li@example.org"), "name: holds a line break");
        let address = format!("li@example.org{line_break}");
        assert_eq!(refusal("Li", &address), "address: holds a line break");
    }
    assert_eq!(refusal("L\0i", "li@example.org"), "name: holds the control character U+0000");
    assert_eq!(refusal("Li\u{202e}", "li@example.org"), "name: holds the control character U+202E");
    assert_eq!(refusal("Li", "li\u{7f}@example.org"), "address: holds the control character U+007F");
}

#[test]
fn what_is_no_address_is_refused_with_the_reason() {
    assert_eq!(clean("", ""), Err(AddressProblem::Empty));
    assert_eq!(clean("", "  "), Err(AddressProblem::Empty));
    assert_eq!(clean("", "li"), Err(AddressProblem::NoAt));
    let long = format!("{}@example.org", "a".repeat(320));
    assert_eq!(clean("", &long), Err(AddressProblem::TooLong { bytes: 332 }));
    assert_eq!(clean("=?utf-8?b?aGk=?=", "li@example.org"), Err(AddressProblem::NameEncoded));
    let long = "名".repeat(201);
    assert_eq!(clean(&long, "li@example.org"), Err(AddressProblem::NameTooLong { characters: 201 }));
    for bad in [
        "@example.org",
        "li@",
        "li@@example.org",
        ".li@example.org",
        "li.@example.org",
        "l..i@example.org",
        "l i@example.org",
        "li>@example.org",
        "\"li\"@example.org",
        "li@exa mple.org",
        "li@example..org",
        "li@-example.org",
        "li@[127.0.0.1]",
        "li@example.org>",
        "Li <li@example.org>",
    ] {
        assert!(clean("", bad).is_err(), "{bad} passed");
    }
}

#[test]
fn addresses_outside_ascii_are_refused_and_the_way_out_is_named() {
    let refusal = refusal("李", "李@例子.中国");
    assert!(refusal.contains("`李` is outside ascii"), "{refusal}");
    assert!(refusal.contains("xn--"), "{refusal}");
    assert!(clean("李", "li@xn--fsqu00a.xn--fiqs8s").is_ok());
}

#[test]
fn names_in_any_script_and_ordinary_addresses_pass() {
    let li = clean(" 李 小龙 ", " li.x+wo@mail.example.org ").unwrap();
    assert_eq!(li.name(), Some("李 小龙"));
    assert_eq!(li.address(), "li.x+wo@mail.example.org");
    assert_eq!((li.local(), li.domain()), ("li.x+wo", "mail.example.org"));
    assert_eq!(clean("", "root@localhost").unwrap().name(), None);
}

proptest! {
    /// The library behind takes every address that passes here, with every name.
    #[test]
    fn whatever_passes_the_door_can_be_rendered(name in any::<String>(), address in "[a-z.!'{}@=_-]{1,12}@[a-z0-9.-]{1,20}") {
        if let Ok(to) = clean(&name, &address) {
            let mail = Message { to: to.clone(), from: to.clone(), reply_to: Some(to), ..message(1) };
            mail.render().unwrap();
        }
    }
}
