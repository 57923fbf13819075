//! Accounts and contacts are looked up by parts of what is known, or by the whole of it (INT-3), in any script; how many there are beyond
//! the limit is told to nobody, and by which of both staff may look is for an admin to say.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;
use workorderd::cli::view::customer;
use workorderd::domain::directory::{Account, Contact};
use workorderd::domain::ids::{AccountId, ContactId};
use workorderd::domain::text::PersonalText;
use workorderd::engine::look_up::{LookUp, Query, Who};
use workorderd::protocol::directory::LookedUp;

use crate::cli_views::{golden, page};
use crate::real_stage::{Caller, Home, seed};

fn account(id: &str, name: &str) -> Account {
    Account { id: AccountId::new(id).unwrap(), name: PersonalText::new(name), region: None, disabled: false }
}

fn contact(id: &str, name: &str, mobile: &str, email: &str) -> Contact {
    let given = |text: &str| (!text.is_empty()).then(|| PersonalText::new(text));
    Contact {
        id: ContactId::new(id).unwrap(),
        account: None,
        name: PersonalText::new(name),
        email: given(email),
        mobile: given(mobile),
        wechat: None,
        language: "en".into(),
        sign_ins: None,
        disabled: false,
        erased: None,
    }
}

fn ids(found: workorderd::engine::look_up::Found) -> Vec<String> {
    let id = |who| match who {
        Who::Account(id) => id.to_string(),
        Who::Contact(id) => id.to_string(),
    };
    found.hits.into_iter().map(|hit| id(hit.who)).collect()
}

fn people() -> LookUp {
    let mut all = LookUp::default();
    all.take_account(&account("acme", "上海东方电梯维修有限公司"));
    all.take_account(&account("K-1042", "Straße & Söhne"));
    for (id, name, mobile, email) in [
        ("jm", "Jörg Müller", "030-123 45 67", "jm@example.org"),
        ("mm", "Muller, Max", "+49 (0)30 1234568", "max@example.org"),
        ("ml", "Ana Müllerova", "+420 601 111 222", ""),
        ("ml2", "Hans Obermüller", "", "hans@example.org"),
        ("li", "李娜", "+86 138 0000 0000", "li@example.cn"),
        ("fw", "ＦＵＬＬ Ｗｉｄｔｈ", "０３０ ９９", ""),
        ("ga", "ガス 太郎", "", ""),
        ("ka", "カス 次郎", "", ""),
    ] {
        all.take_contact(&contact(id, name, mobile, email));
    }
    all
}

#[test]
fn parts_of_names_are_found_in_any_script_and_the_best_come_first() {
    let all = people();
    let fuzzy = |text: &str| ids(all.fuzzy(&Query::new(text), 10, true));
    assert_eq!(fuzzy("muller"), ["mm", "ml", "jm", "ml2"], "a beginning, beginnings of words by name, an inside");
    assert_eq!(fuzzy("MÜLLER"), fuzzy("mu\u{308}ller"));
    assert_eq!(fuzzy("muller jorg"), ["jm"]);
    assert_eq!(fuzzy("jörg müller")[0], "jm");
    assert_eq!((fuzzy("电梯"), fuzzy("李娜"), fuzzy("strasse")), (vec!["acme".into()], vec!["li".into()], vec!["K-1042".to_owned()]));
    assert_eq!((fuzzy("full wid"), fuzzy("k-10")), (vec!["fw".to_owned()], vec!["K-1042".to_owned()]));
    assert_eq!((fuzzy("ガス"), fuzzy("カス")), (vec!["ga".to_owned()], vec!["ka".to_owned()]), "another letter is another name");
    assert_eq!(fuzzy("max example.org"), ["mm"]);
    assert_eq!(fuzzy("nobody"), [""; 0]);
}

#[test]
fn a_phone_is_found_however_it_is_written() {
    let all = people();
    let fuzzy = |text: &str| ids(all.fuzzy(&Query::new(text), 10, true));
    assert_eq!(fuzzy("+49 30 1"), ["jm", "mm"], "with the country here, and without it there");
    assert_eq!(fuzzy("030 1"), ["jm", "mm"]);
    assert_eq!((fuzzy("0049 30/123 45 67"), fuzzy("1234568")), (vec!["jm".to_owned()], vec!["mm".to_owned()]));
    assert_eq!((fuzzy("138 0000"), fuzzy("03099")), (vec!["li".to_owned()], vec!["fw".to_owned()]));
    assert_eq!(fuzzy("+43 30 1"), ["jm"], "a phone without a country may be of any");
    assert_eq!(fuzzy("müller 030-12"), ["jm", "mm"]);
    let exact = |text: &str| ids(all.exact(&Query::new(text), 10));
    assert_eq!((exact("+49 30 123-4568"), exact("0301234567")), (vec!["mm".to_owned()], vec!["jm".to_owned()]));
    assert_eq!(exact("030"), [""; 0]);
}

#[test]
fn exact_is_the_whole_and_nothing_but_the_whole() {
    let all = people();
    let exact = |text: &str| ids(all.exact(&Query::new(text), 10));
    assert_eq!((exact(" jörg MÜLLER "), exact("full width"), exact("李娜")), (vec!["jm".into()], vec!["fw".into()], vec!["li".to_owned()]));
    assert_eq!((exact("STRASSE & söhne"), exact("JM@EXAMPLE.ORG")), (vec!["K-1042".to_owned()], vec!["jm".to_owned()]));
    for part in ["Jorg Muller", "Jörg", "李", "acme", "example.org", ""] {
        assert_eq!(exact(part), [""; 0], "{part:?}");
    }
}

#[test]
fn who_is_disabled_erased_or_renamed_is_found_no_more() {
    let mut all = people();
    let found = |all: &LookUp, text: &str| [ids(all.fuzzy(&Query::new(text), 10, true)), ids(all.exact(&Query::new(text), 10))].concat();
    let li = contact("li", "李娜", "", "");
    assert_eq!(found(&all, "李娜"), ["li", "li"]);
    all.take_contact(&Contact { disabled: true, ..li.clone() });
    assert_eq!(found(&all, "李娜"), [""; 0]);
    all.take_contact(&li);
    assert_eq!((found(&all, "李娜").len(), found(&all, "138 0000").len()), (2, 0), "the phone is gone");
    all.take_contact(&Contact { name: PersonalText(None), ..li.clone() });
    assert_eq!((found(&all, "李娜"), found(&all, "[erased]")), (vec![], vec![]));
    all.take_contact(&Contact { name: PersonalText::new("李明"), ..li });
    assert_eq!((found(&all, "李娜").len(), found(&all, "李明").len()), (0, 2));
}

/// The rule read slowly, entry by entry and field by field: what is met how, with nothing kept from before.
mod slowly {
    use super::*;

    fn plain(text: &str) -> String {
        // Of the accents that the dice give.
        let accents = ['\u{300}', '\u{301}', '\u{302}', '\u{308}', '\u{327}', '\u{323}'];
        let bare: String = text.nfkd().filter(|c| !accents.contains(c)).collect();
        let folded = bare.to_lowercase().replace('ß', "ss").nfkc().collect::<String>();
        folded.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// 0 whole, 1 beginning, 2 every word at a word's beginning, 3 inside.
    fn met(fields: &[String], query: &str) -> Option<u8> {
        let words: Vec<_> = query.split(' ').collect();
        let starts = |word: &&str| {
            fields.iter().any(|field| {
                (0..field.len())
                    .filter(|at| field.is_char_boundary(*at) && field[*at..].starts_with(word))
                    .any(|at| at == 0 || field[..at].chars().last().is_some_and(|before| !before.is_alphanumeric()))
            })
        };
        if !words.iter().all(|word| fields.iter().any(|field| field.contains(word))) {
            None
        } else if fields.iter().any(|field| field == query) {
            Some(0)
        } else if fields.iter().any(|field| field.starts_with(query)) {
            Some(1)
        } else {
            Some(if words.iter().all(starts) { 2 } else { 3 })
        }
    }

    pub fn fuzzy(people: &BTreeMap<String, (String, String)>, query: &str, most: usize) -> (Vec<String>, bool) {
        let query = plain(query);
        let met = |(id, (name, email)): (&String, &(String, String))| {
            let fields = [plain(name), plain(id), plain(email)];
            met(&fields, &query).map(|rank| (rank, plain(name), id.clone()))
        };
        let mut all: Vec<_> = people.iter().filter_map(met).collect();
        all.sort();
        (all.iter().take(most).map(|(_, _, id)| id.clone()).collect(), all.len() > most)
    }
}

fn name() -> impl Strategy<Value = String> {
    let letters = "[aAbü李娜电梯éßＡｂ가가 .-]{1,4}";
    let marked = ("[aeou]", "[\u{301}\u{308}\u{327}\u{323}]{0,2}", "[a李 ]{0,2}").prop_map(|(a, b, c)| format!("{a}{b}{c}"));
    prop::collection::vec(prop_oneof![letters.prop_map(String::from), marked], 1..4)
        .prop_map(|parts| parts.concat())
        .prop_filter("a name is something", |name| !name.trim().is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_what_a_slow_reading_finds(
        people in prop::collection::btree_map("[a-c]{1,3}", (name(), prop_oneof![Just(String::new()), "[ab]{1,2}@b\\.c"]), 1..30),
        gone in prop::collection::vec("[a-c]{1,3}", 0..4),
        queries in prop::collection::vec(name(), 1..6),
        most in 1_usize..6,
    ) {
        let mut all = LookUp::default();
        let mut left = people.clone();
        for (id, (name, email)) in &people {
            // An earlier life under another name leaves no trace.
            all.take_contact(&contact(id, "ab 李娜 before", "", "old@b.c"));
            all.take_contact(&contact(id, name, "", email));
        }
        for id in &gone {
            left.remove(id);
            all.take_contact(&Contact { disabled: true, ..contact(id, "ab", "", "") });
        }
        for query in &queries {
            let found = all.fuzzy(&Query::new(query), most, true);
            let more = found.more;
            prop_assert_eq!((ids(found), more), slowly::fuzzy(&left, query, most), "{:?}", query);
        }
    }
}

/// In a build for use below 10 ms each; one for tests is given ten times that.
#[test]
fn a_hundred_thousand_contacts_are_looked_up_in_a_moment() {
    let mut all = LookUp::default();
    let (first, last) = (["Jörg", "Ana", "李", "Max", "Zoë", "王"], ["Müller", "Novák", "娜", "Smith", "伟", "O'Neill"]);
    for n in 0..100_000_usize {
        let name = format!("{} {} {}", first[n % 6], last[n / 6 % 6], n);
        all.take_contact(&contact(&format!("c-{n}"), &name, &format!("+49 30 {n:07}"), &format!("c{n}@example.org")));
    }
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 100 } else { 10 });
    for text in ["muller 99999", "nobody at all", "example.org", "李娜", "+49 30 1", "or", "c9 smith", "030 0012345", "a 1"] {
        let query = Query::new(text);
        let mut times: Vec<_> = (0..11)
            .map(|_| {
                let begun = Instant::now();
                let found = all.fuzzy(&query, 10, true);
                assert!(found.hits.len() <= 10);
                begun.elapsed()
            })
            .collect();
        times.sort();
        println!("{text:16} median {:6.2} ms, worst {:6.2} ms", times[5].as_secs_f64() * 1e3, times[10].as_secs_f64() * 1e3);
        assert!(times[5] < limit, "{text}: {:?}", times[5]);
    }
}

fn many(admin: &mut Caller) {
    admin.ok("Directory1.PutAccount", json!({ "account": { "id": "globex", "name": "Globex" } }));
    for n in 0..12 {
        let contact = json!({ "id": format!("m-{n:02}"), "name": format!("Müller {n:02}"), "account": "globex", "mobile": "+49 89 77", "email": format!("m{n}@example.org") });
        admin.ok("Directory1.PutContact", json!({ "contact": contact }));
    }
}

const TINY: &str = "[[role]]\nname = \"clerk\"\nrights = [\"create_work_orders\"]\n";

#[test]
fn more_than_the_limit_is_told_and_not_how_many_and_phones_are_for_readers_of_the_directory() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    many(&mut admin);
    let look = |caller: &mut Caller, query: &str| caller.ok("Directory1.LookUp", json!({ "query": query }));
    let got = look(&mut daemon.user("dora"), "muller");
    assert_eq!((got["found"].as_array().unwrap().len(), &got["more"]), (10, &json!(true)));
    assert_eq!(got.as_object().unwrap().len(), 2, "nothing else is told: {got}");
    let one = json!({ "kind": "contact", "id": "m-03", "name": "Müller 03", "matched": "name", "account": "globex", "accountName": "Globex", "mobile": "+49 89 77", "email": "m3@example.org" });
    assert_eq!(look(&mut daemon.user("dora"), "müller 03"), json!({ "found": [one], "more": false }));
    assert_eq!(look(&mut daemon.user("dora"), "globex")["found"][0]["kind"], "account");
    // Who may raise Work Orders without reading the directory finds names, and cannot feel for a phone digit by digit.
    let mut files = crate::real_stage::definitions();
    files.push(json!({ "path": "clerk.toml", "text": TINY }));
    admin.ok("Definitions1.Apply", json!({ "files": files }));
    admin.ok("Directory1.PutStaffUser", json!({ "staffUser": { "id": "carl", "name": "Carl", "roles": ["clerk"] } }));
    let mut carl = daemon.user("carl");
    let got = look(&mut carl, "muller 03");
    assert_eq!(got["found"], json!([{ "kind": "contact", "id": "m-03", "name": "Müller 03", "matched": "name", "account": "globex" }]));
    for feeler in ["0301", "030 1", "+49 30 1", "m3@", "example"] {
        assert_eq!(look(&mut carl, feeler)["found"], json!([]), "{feeler}");
    }
    // After a restart they are found as before.
    let before = look(&mut daemon.user("dora"), "muller");
    drop((admin, carl));
    daemon.stop();
    assert_eq!(look(&mut home.start().user("dora"), "muller"), before);
}

#[test]
fn an_admin_says_which_look_ups_staff_may_use_and_may_use_both() {
    let home = Home::new();
    for (staff, fuzzy, exact) in [("both", true, true), ("fuzzy", true, false), ("exact", false, true), ("none", false, false)] {
        let daemon = home.start_with(&["--set", &format!("look_up.staff={staff}"), "--set", "look_up.results=3"]);
        let mut admin = daemon.admin();
        if staff == "both" {
            seed(&mut admin);
            many(&mut admin);
        }
        let parameters = |whole: bool| json!({ "query": "Müller 05", "exact": whole });
        for (whole, allowed, error) in [(false, fuzzy, "FuzzyNotAllowed"), (true, exact, "ExactNotAllowed")] {
            let got = daemon.user("dora").call("Directory1.LookUp", parameters(whole));
            let told = got.as_ref().map(|found| found["found"][0]["id"].clone()).map_err(|(name, _)| name.clone());
            let due = if allowed { Ok(json!("m-05")) } else { Err(format!("org.workorderd.{error}")) };
            assert_eq!(told, due, "{staff}, exact: {whole}");
            assert_eq!(admin.ok("Directory1.LookUp", parameters(whole))["found"][0]["id"], "m-05");
        }
        assert_eq!(admin.ok("Directory1.LookUp", json!({ "query": "muller" }))["found"].as_array().unwrap().len(), 3);
        for short in ["王", " 王 ", "e\u{301}", "\u{301}\u{308}", "a\u{301} "] {
            let (error, told) = admin.refused("Directory1.LookUp", json!({ "query": short }));
            assert_eq!((error.as_str(), &told["least"]), ("org.workorderd.LookUpTooShort", &json!(2)), "{short:?}");
        }
        drop(admin);
        daemon.stop();
    }
}

#[test]
fn what_was_found_is_told_in_a_table() {
    let found = |more: Value| serde_json::from_value::<LookedUp>(more).unwrap();
    let li = json!({ "kind": "contact", "id": "li-na", "name": "李娜", "matched": "name", "account": "acme", "accountName": "上海东方电梯维修有限公司", "mobile": "+86 138 0000 0000", "email": "li@example.cn" });
    let acme = json!({ "kind": "account", "id": "acme", "name": "上海东方电梯维修有限公司", "matched": "number" });
    let text = customer::found(&found(json!({ "found": [acme, li], "more": true })), &page());
    let none = customer::found(&LookedUp::default(), &page());
    golden("look_up", &format!("{text}\n{none}"));
}
