//! Bad definition files, and exactly what is said about them. One helper touches the interface, the rest is data.

use workorderd::settings::definitions::{FILES_MAX, parse};

/// Everything that the bad inputs below may refer to without being bad for it.
const BASE: &str = r#"
[[record_type]]
name = "base"
number = "BASE-{counter}"
process = "base"
[[process]]
name = "base"
[[process.node]]
name = "work"
kind = "task"
[[evaluation_template]]
name = "rating"
[[evaluation_template.field]]
name = "stars"
kind = "stars-5"
[[message]]
name = "invite"
[[message.wording]]
language = "en"
subject = "Please"
text = "See #URL#"
[[message]]
name = "plain"
[[message.wording]]
language = "en"
subject = "Hello"
text = "Work waits"
"#;

fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<_> = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    match parse(&files) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

/// Each bad text `x.toml` stands beside the good `base.toml`, and gives exactly these lines.
#[track_caller]
fn expect(cases: &[(&str, &str, &[&str])]) {
    for (what, text, expected) in cases {
        let got = problems(&[("base.toml", BASE), ("x.toml", text)]);
        assert_eq!(got, *expected, "{what}");
    }
}

#[test]
fn the_base_of_these_tests_is_good() {
    expect(&[("nothing added", "", &[])]);
}

#[test]
fn shapes_of_files_are_checked() {
    expect(&[
        ("unknown table", "[[record_types]]\nname = \"a\"\n", &["x.toml:1: record_types: unknown key (did you mean record_type?)"]),
        (
            "single brackets",
            "[role]\nname = \"a\"\n",
            &["x.toml:1: role: expected a list of tables, found a table (write [[role]] above it, in double brackets)"],
        ),
        ("unknown key", "[[role]]\nname = \"a\"\n\nright = []\n", &["x.toml:4: role.a.right: unknown key (did you mean rights?)"]),
        (
            "wrong types",
            "[[role]]\nname = 7\nrights = \"administer\"\nincludes = [\n  \"admin\",\n  4,\n]\n",
            &[
                "x.toml:2: role[1].name: expected a text in quotes, found a number",
                "x.toml:3: role[1].rights: expected a list of texts such as [\"one\", \"two\"], found a text",
                "x.toml:6: role[1].includes: expected a text in quotes, found a number",
            ],
        ),
        (
            "wrong type of a flag",
            "[[process]]\nname = \"p\"\n[[process.node]]\nname = \"n\"\nkind = \"task\"\ntransfer = \"yes\"\n",
            &["x.toml:6: process.p.node[1].transfer: expected true or false without quotes, found a text"],
        ),
        (
            "no name",
            "[[role]]\nrights = []\n",
            &["x.toml:1: role[1]: the key name is missing (every table needs one, for example name = \"repair\")"],
        ),
        (
            "not a slug",
            "[[role]]\nname = \"field staff\"\n",
            &["x.toml:2: role[1].name: the name has the character ' '; letters, digits and - _ . @ are allowed"],
        ),
        (
            "defined twice",
            "[[role]]\nname = \"a\"\n[[role]]\nname = \"a\"\n",
            &["x.toml:4: role.a.name: the role a is defined twice (the first is at x.toml:2)"],
        ),
        (
            "defined twice over files",
            "[[process]]\nname = \"base\"\n[[process.node]]\nname = \"n\"\nkind = \"task\"\n",
            &["x.toml:2: process.base.name: the process base is defined twice (the first is at base.toml:7)"],
        ),
    ]);
}

#[test]
fn names_and_titles_have_limits_that_count_as_a_person_counts() {
    let name = |n| format!("[[role]]\nname = \"{}\"\n", "维".repeat(n));
    assert!(problems(&[("x.toml", &name(60))]).is_empty());
    assert_eq!(problems(&[("x.toml", &name(61))]), ["x.toml:2: role[1].name: the name has 61 characters, at most 60 are allowed"]);
    // A family of four is one character to a person and 25 bytes.
    let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
    let title = |n| {
        let text =
            format!("[[process]]\nname = \"p\"\ntitle = \"{}\"\n[[process.node]]\nname = \"n\"\nkind = \"task\"\n", family.repeat(n));
        problems(&[("x.toml", &text)])
    };
    assert!(title(70).is_empty());
    assert_eq!(title(121), ["x.toml:3: process.p.title: has 121 characters, at most 120 are allowed"]);
}

#[test]
fn references_must_lead_somewhere() {
    expect(&[
        (
            "process",
            "[[record_type]]\nname = \"a\"\nnumber = \"A-{counter}\"\nprocess = \"bose\"\n",
            &["x.toml:4: record_type.a.process: there is no process \"bose\" (did you mean base?)"],
        ),
        (
            "roles, messages, templates",
            "[[process]]\nname = \"p\"\n[[process.node]]\nname = \"n\"\nkind = \"task\"\nhandlers = [\"role:dispatchers\"]\nremind_after = \"1h\"\n\
             overdue_after = \"2h\"\nescalate_to = \"role:boss\"\nlimit_message = \"plane\"\n[[process.node]]\nname = \"e\"\nkind = \"evaluate\"\n\
             method = \"qr-code\"\ntemplate = \"ratings\"\n",
            &[
                "x.toml:6: process.p.node[1].handlers: there is no role \"dispatchers\" (did you mean dispatcher?)",
                "x.toml:9: process.p.node[1].escalate_to: there is no role \"boss\" (known are admin, dispatcher, service-staff, engineer, \
                 request-handler, follow-up-staff, gateway, guest, terminal-user)",
                "x.toml:10: process.p.node[1].limit_message: there is no message \"plane\" (known are invite, plain)",
                "x.toml:15: process.p.node[2].template: there is no evaluation template \"ratings\" (did you mean rating?)",
            ],
        ),
        (
            "handlers",
            "[[process]]\nname = \"p\"\n[[process.node]]\nname = \"n\"\nkind = \"task\"\nhandlers = [\"boss\", \"team:x\", \"user:a b\", \"owner\", \"owner\"]\n",
            &[
                "x.toml:6: process.p.node[1].handlers: \"boss\" is not a handler: it is none of the words (write role:NAME, user:NAME, group:NAME, leader, \
                 engineer, owner, submitter or field:NAME, or superior-of: or department-head-of: one of these)",
                "x.toml:6: process.p.node[1].handlers: \"team:x\" is not a handler: there is no form \"team\" (write role:NAME, user:NAME, group:NAME, leader, \
                 engineer, owner, submitter or field:NAME, or superior-of: or department-head-of: one of these)",
                "x.toml:6: process.p.node[1].handlers: \"user:a b\" is not a handler: the name has the character ' '; letters, digits and - _ . @ are allowed \
                 (write role:NAME, user:NAME, group:NAME, leader, engineer, owner, submitter or field:NAME, or superior-of: or department-head-of: one of these)",
                "x.toml:6: process.p.node[1].handlers: the handler \"owner\" stands there twice",
            ],
        ),
    ]);
}

#[test]
fn roles_do_not_include_in_circles() {
    expect(&[
        (
            "three of them",
            "[[role]]\nname = \"a\"\nincludes = [\"b\"]\n[[role]]\nname = \"b\"\nincludes = [\"c\"]\n[[role]]\nname = \"c\"\nincludes = [\"admin\", \"a\"]\n",
            &["x.toml:3: role.a.includes: the role includes itself: a > b > c > a (take one of them out of includes)"],
        ),
        (
            "itself",
            "[[role]]\nname = \"guest\"\nincludes = [\"guest\"]\n",
            &[
                "x.toml:3: role.guest.includes: the role includes itself: guest > guest (a role with the name of a built-in one replaces it, so there is \
               nothing to include; list the rights)",
            ],
        ),
        (
            "unknown",
            "[[role]]\nname = \"a\"\nincludes = [\"enginer\"]\nrights = [\"administrate\"]\n",
            &[
                "x.toml:3: role.a.includes: there is no role \"enginer\" (did you mean engineer?)",
                "x.toml:4: role.a.rights: there is no right \"administrate\" (did you mean administer?)",
            ],
        ),
        (
            "admin shut out",
            "[[role]]\nname = \"admin\"\nrights = [\"administer\"]\n",
            &["x.toml:1: role.admin: the role admin must keep the right change_definitions (without it nobody could undo this)"],
        ),
    ]);
}

#[test]
fn processes_have_nodes_that_can_work() {
    let many: String = (0..101).map(|n| format!("[[process.node]]\nname = \"n{n}\"\nkind = \"task\"\n")).collect();
    let many = format!("[[process]]\nname = \"p\"\n{many}");
    expect(&[
        (
            "no nodes",
            "[[process]]\nname = \"p\"\n",
            &["x.toml:1: process.p: the process has no nodes (add at least one table [[process.node]])"],
        ),
        ("too many", &many, &["x.toml:3: process.p.node: has 101 nodes, at most 100 are allowed"]),
        (
            "kinds and their keys",
            "[[process]]\nname = \"p\"\n[[process.node]]\nname = \"n\"\nkind = \"tusk\"\n[[process.node]]\nname = \"n\"\nkind = \"task\"\ndecline = true\n\
             auto_complete_after = \"1d\"\n[[process.node]]\nname = \"m\"\nkind = \"assign\"\nto_group = false\nstraight = false\n",
            &[
                "x.toml:5: process.p.node[1].kind: there is no node kind \"tusk\" (did you mean task?)",
                "x.toml:7: process.p.node[2].name: two nodes of the process are called n (the first is in line 4)",
                "x.toml:9: process.p.node[2].decline: a node of the kind task has no such key (it belongs to nodes of the kind accept)",
                "x.toml:10: process.p.node[2].auto_complete_after: a node of the kind task cannot complete by itself (nodes of the kinds accept, confirm, \
                 evaluate and follow-up can)",
                "x.toml:15: process.p.node[3].straight: nobody could be assigned (set to_group or straight to true)",
            ],
        ),
        (
            "nothing to go back to",
            "[[process]]\nname = \"p\"\n[[process.node]]\nname = \"a\"\nkind = \"accept\"\n[[process.node]]\nname = \"b\"\nkind = \"confirm\"\n",
            &[
                "x.toml:5: process.p.node[1].kind: declining has nothing to go back to: no assign node stands before it (put a node of the kind assign before \
                 it)",
                "x.toml:8: process.p.node[2].kind: \"not solved\" has nothing to go back to: no task or on-site node stands before it (put a node of the \
                 kind task or on-site before it)",
            ],
        ),
        (
            "durations and limits",
            "[[process]]\nname = \"p\"\n[[process.node]]\nname = \"a\"\nkind = \"evaluate\"\nremind_after = \"0d\"\noverdue_after = \"4000d\"\nescalate_to = \
             \"leader\"\nauto_complete_after = 7\nlink_ends_after = \"4 hours\"\n[[process.node]]\nname = \"b\"\nkind = \"evaluate\"\nremind_after = \"7d\"\n\
             auto_complete_after = \"168h\"\n[[process.node]]\nname = \"c\"\nkind = \"task\"\nescalate_to = \"owner\"\nlimit_message = \"plain\"\n",
            &[
                "x.toml:6: process.p.node[1].remind_after: \"0d\" is no time at all; the shortest duration is 1s",
                "x.toml:7: process.p.node[1].overdue_after: \"4000d\" is longer than ten years; the longest duration is 3650d",
                "x.toml:9: process.p.node[1].auto_complete_after: expected a duration in quotes such as \"4h\", found a number",
                "x.toml:10: process.p.node[1].link_ends_after: \"4 hours\" is not a duration; write a whole number and a unit such as 30d, 4h, 15m or 90s",
                "x.toml:14: process.p.node[2].remind_after: never happens: remind_after is 7d, and the node completes by itself after 7d (choose less than 7d)",
                "x.toml:19: process.p.node[3].escalate_to: is never used: there is no overdue_after (add overdue_after = \"8h\", say)",
                "x.toml:20: process.p.node[3].limit_message: is never sent: there is neither remind_after nor overdue_after (add remind_after = \"4h\", say)",
            ],
        ),
        (
            "reminders",
            "[[process]]\nname = \"p\"\n[[process.node]]\nname = \"a\"\nkind = \"evaluate\"\nremind_after = [\"1d\", \"1d\", \"soon\", \"5d\", \"9d\"]\n\
             auto_complete_after = \"7d\"\n[[process.node]]\nname = \"b\"\nkind = \"task\"\nremind = [\"leader\"]\nremind_customer = \"invite\"\n\
             [[process.node]]\nname = \"c\"\nkind = \"confirm\"\nremind_after = [\"1d\"]\nremind_customer = \"invite\"\n\
             [[process.node]]\nname = \"d\"\nkind = \"evaluate\"\nremind_after = \"1d\"\nremind = [\"boss\"]\n",
            &[
                "x.toml:6: process.p.node[1].remind_after: \"soon\" is not a duration; write a whole number and a unit such as 30d, 4h, 15m or 90s",
                "x.toml:6: process.p.node[1].remind_after: 1d does not come after 1d (write them in order, each once)",
                "x.toml:6: process.p.node[1].remind_after: never happens: remind_after is 9d, and the node completes by itself after 7d (choose less than 7d)",
                "x.toml:11: process.p.node[2].remind: is never used: there is no remind_after (add remind_after = \"4h\", say)",
                "x.toml:12: process.p.node[2].remind_customer: a node of the kind task has no such key (it belongs to nodes of the kind confirm or evaluate)",
                "x.toml:12: process.p.node[2].remind_customer: is never used: there is no remind_after (add remind_after = [\"1d\", \"3d\"], say)",
                "x.toml:17: process.p.node[3].remind_customer: is never sent: this node asks nobody by mail (name a message (confirm), or let the rules invite \
                 (evaluate))",
                "x.toml:22: process.p.node[4].remind: \"boss\" is not a handler: it is none of the words (write role:NAME, user:NAME, group:NAME, leader, \
                 engineer, owner, submitter or field:NAME, or superior-of: or department-head-of: one of these)",
            ],
        ),
        (
            "evaluation methods",
            "[[process]]\nname = \"p\"\n[[process.node]]\nname = \"a\"\nkind = \"evaluate\"\nmandatory = true\n[[process.node]]\nname = \"b\"\nkind = \
             \"evaluate\"\nmethod = \"qr-code\"\n[[process.node]]\nname = \"c\"\nkind = \"evaluate\"\nmethod = \"qr\"\n",
            &[
                "x.toml:6: process.p.node[1].mandatory: mandatory belongs to the method \"qr-code\" (with the method \"rules\" the rule that matches says it; \
                 or set method = \"qr-code\")",
                "x.toml:7: process.p.node[2]: the key template is missing (name the [[evaluation_template]] that is asked)",
                "x.toml:14: process.p.node[3].method: there is no method \"qr\" (known are rules, qr-code)",
            ],
        ),
    ]);
}

#[test]
fn conditions_can_come_true() {
    let node = |when: &str| format!("[[process]]\nname = \"p\"\n[[process.node]]\nname = \"n\"\nkind = \"task\"\nwhen = {when}\n");
    let cases = [
        ("[{ field = \"priority\", in = [\"urgnt\"] }]", "when[1].in: \"urgnt\" is not a priority (did you mean urgent?)"),
        ("[{ field = \"priority\", in = [] }]", "when[1].in: the list of values is empty (name at least one value, or leave the test out)"),
        (
            "[{ field = \"colour\", in = [\"x\"] }]",
            "when[1].field: there is no field \"colour\" to test (known are record_type, priority, channel, account, contact, service_group, region)",
        ),
        ("[{ field = \"record_type\", not_in = [\"case\"] }]", "when[1].not_in: there is no record type \"case\" (did you mean base?)"),
        (
            "[{ field = \"account\", in = [\"a b\"] }]",
            "when[1].in: the name of the account has the character ' '; letters, digits and - _ . @ are allowed",
        ),
        (
            "[{ field = \"channel\", in = [\"phone\"], not_in = [\"portal\"] }]",
            "when[1]: has both in and not_in (write two tests, both of which must hold)",
        ),
        (
            "[{ field = \"channel\" }]",
            "when[1]: the key in is missing (for example { field = \"priority\", in = [\"urgent\"] }, or not_in, equals, contains, less, at_most, more, at_least, between, empty)",
        ),
        ("[{ field = \"channel\", is = \"phone\", in = [\"phone\"] }]", "when[1].is: unknown key (did you mean in?)"),
        ("\"urgent\"", "when: expected a list of tables, found a text (write [[...when]] above it, in double brackets)"),
    ];
    for (when, expected) in cases {
        let expected = format!("x.toml:6: process.p.node[1].{expected}");
        assert_eq!(problems(&[("base.toml", BASE), ("x.toml", &node(when))]), [expected], "{when}");
    }
}

#[test]
fn numbers_never_meet() {
    let types = |a: &str, b: &str| {
        let one = |name: &str, number: &str| format!("[[record_type]]\nname = \"{name}\"\nnumber = \"{number}\"\nprocess = \"base\"\n");
        problems(&[("base.toml", BASE), ("x.toml", &(one("a", a) + &one("b", b)))])
    };
    assert!(types("A-{date}-{counter}", "B-{date}-{counter}").is_empty());
    assert!(types("A-{date}-{counter}", "A-{counter}").is_empty());
    let hint = "(give each record type a text of its own before {counter})";
    let same = |a: &str, b: &str| {
        format!("x.toml:7: record_type.b.number: the number pattern {b:?} gives the same numbers as {a:?} of record_type.a.number {hint}")
    };
    assert_eq!(types("A-{date}-{counter}", "A-{date}-{counter}"), [same("A-{date}-{counter}", "A-{date}-{counter}")]);
    assert_eq!(types("A-{date}-{counter}", "A-20261122-{counter}"), [same("A-{date}-{counter}", "A-20261122-{counter}")]);
    assert_eq!(
        types("A-{counter}", "B-{number}"),
        ["x.toml:7: record_type.b.number: number pattern \"B-{number}\" must end in {counter} (for example WO-{date}-{counter})"]
    );
}

#[test]
fn rules_reach_somebody_and_have_an_order() {
    expect(&[
        (
            "same precedence",
            "[[evaluation_rule]]\nname = \"a\"\nprecedence = 5\ntemplate = \"rating\"\nqr = true\n[[evaluation_rule]]\nname = \"b\"\nprecedence = 5\n\
             template = \"rating\"\nqr = true\n",
            &[
                "x.toml:8: evaluation_rule.b.precedence: two rules have the precedence 5 (the first is evaluation_rule.a.precedence at x.toml:3; the smallest \
               number that matches wins)",
            ],
        ),
        (
            "assignment rules",
            "[[assignment_rule]]\nname = \"a\"\nprecedence = 5\nto = \"lifts\"\nskills = [\"b c\", \"d\", \"d\"]\n[[assignment_rule]]\nname = \"b\"\n\
             precedence = 5\nto = \"user:emil\"\nskills = [\"d\"]\n[[assignment_rule]]\nname = \"c\"\n",
            &[
                "x.toml:4: assignment_rule.a.to: \"lifts\" is neither a group nor a person (write group:NAME or user:NAME)",
                "x.toml:5: assignment_rule.a.skills: the name of the skill has the character ' '; letters, digits and - _ . @ are allowed",
                "x.toml:5: assignment_rule.a.skills: the skill d stands there twice",
                "x.toml:8: assignment_rule.b.precedence: two rules have the precedence 5 (the first is assignment_rule.a.precedence at x.toml:3; the \
                 smallest number that matches wins)",
                "x.toml:10: assignment_rule.b.skills: is never used: the rule names the person (leave it out, or name a group)",
                "x.toml:11: assignment_rule.c: the key precedence is missing (a whole number from 1; the smallest that matches wins)",
                "x.toml:11: assignment_rule.c: the key to is missing (write group:NAME or user:NAME)",
            ],
        ),
        (
            "nobody",
            "[[evaluation_rule]]\nname = \"a\"\nprecedence = 0\ntemplate = \"rating\"\n",
            &[
                "x.toml:1: evaluation_rule.a: the rule can reach nobody: it has neither recipients nor qr (add recipients = [\"contact\"] and a message, or qr \
                 = true)",
                "x.toml:3: evaluation_rule.a.precedence: 0 is not between 1 and 4294967295",
            ],
        ),
        (
            "no message",
            "[[evaluation_rule]]\nname = \"a\"\nprecedence = 1\ntemplate = \"rating\"\nrecipients = [\"contact\", \"boss@example\", \"nobody\"]\n",
            &[
                "x.toml:5: evaluation_rule.a.recipients: \"nobody\" is not an e-mail address: there is no @ (write contact, submitter, field:NAME, an e-mail address or a phone number with its country such as +86 138 0013 8000)",
                "x.toml:5: evaluation_rule.a.recipients: there is no message to send to the recipients (add message = \"...\", which names a [[message]])",
            ],
        ),
        (
            "no precedence, no recipients",
            "[[evaluation_rule]]\nname = \"a\"\ntemplate = \"rating\"\nqr = true\nmessage = \"invite\"\n",
            &[
                "x.toml:1: evaluation_rule.a: the key precedence is missing (a whole number from 1; the smallest that matches wins)",
                "x.toml:5: evaluation_rule.a.message: is never sent: the rule has no recipients (add recipients = [\"contact\"], say)",
            ],
        ),
    ]);
}

#[test]
fn templates_ask_what_can_be_answered() {
    expect(&[(
        "fields",
        "[[evaluation_template]]\nname = \"t\"\n[[evaluation_template.field]]\nname = \"a\"\nkind = \"stars-7\"\n[[evaluation_template.field]]\nname = \"b\"\n\
         kind = \"choice\"\n[[evaluation_template.field]]\nname = \"c\"\nkind = \"choice\"\noptions = []\n[[evaluation_template.field]]\nname = \"c\"\nkind = \
         \"text\"\noptions = [\"x\"]\n[[evaluation_template]]\nname = \"u\"\n",
        &[
            "x.toml:5: evaluation_template.t.field[1].kind: a scale of 7 stars is not possible (stars-5 and stars-10 are)",
            "x.toml:6: evaluation_template.t.field[2]: the key options is missing (for example options = [\"yes\", { name = \"late\", title = { en = \"a little late\", zh = \"稍晚\" } }])",
            "x.toml:12: evaluation_template.t.field[3].options: the list of options is empty (for example options = [\"yes\", { name = \"late\", title = { en = \"a little late\", zh = \"稍晚\" } }])",
            "x.toml:14: evaluation_template.t.field[4].name: two fields of the template are called c (the first is in line 10)",
            "x.toml:16: evaluation_template.t.field[4].options: only fields of the kind choice have options (leave it out, or set kind = \"choice\")",
            "x.toml:17: evaluation_template.u: the template asks nothing (add at least one table [[evaluation_template.field]])",
        ],
    )]);
}

#[test]
fn messages_have_their_variables_and_links() {
    let rule = "[[evaluation_rule]]\nname = \"r\"\nprecedence = 1\ntemplate = \"rating\"\nrecipients = [\"contact\"]\nmessage = \"m\"\n";
    let wording = |rest: &str| format!("[[message]]\nname = \"m\"\n[[message.wording]]\nlanguage = \"en\"\nsubject = \"s\"\n{rest}");
    expect(&[
        (
            "unknown variables",
            &wording("text = \"#url# #Subject# 5# # #Foo#\"\nhtml = \"#Sugject#\"\n"),
            &[
                "x.toml:6: message.m.wording[1].text: there is no variable #url# (did you mean #URL#?)",
                "x.toml:7: message.m.wording[1].html: there is no variable #Sugject# (did you mean #Subject#?)",
            ],
        ),
        (
            "invitation without a link",
            &(wording("text = \"hello\"\nhtml = \"<p>hello</p>\"\n") + rule),
            &[
                "x.toml:6: message.m.wording[1].text: #URL# is missing, but evaluation_rule.r.message sends this message as an invitation (put #URL# where the \
                 link is to stand)",
                "x.toml:7: message.m.wording[1].html: #URL# is missing, but evaluation_rule.r.message sends this message as an invitation (put #URL# where the \
                 link is to stand)",
            ],
        ),
        (
            "a link where none is sent",
            "[[process]]\nname = \"p\"\n[[process.node]]\nname = \"n\"\nkind = \"task\"\nremind_after = \"1d\"\nlimit_message = \"invite\"\n",
            &[
                "base.toml:21: message.invite.wording[1].text: holds #URL#, but process.p.node[1].limit_message sends this message without a link (use another \
               message there)",
            ],
        ),
        (
            "languages",
            "[[message]]\nname = \"m\"\n[[message.wording]]\nlanguage = \"English\"\nsubject = \"a\\nb\"\ntext = \"\"\n[[message]]\nname = \"n\"\n",
            &[
                "x.toml:4: message.m.wording[1].language: \"English\" is not a language tag (write a tag such as en, zh or pt-BR)",
                "x.toml:5: message.m.wording[1].subject: holds the control character '\\n'; one line of text is expected",
                "x.toml:6: message.m.wording[1].text: is empty",
                "x.toml:7: message.n: the message says nothing (add at least one table [[message.wording]])",
            ],
        ),
    ]);
}

#[test]
fn one_bad_file_does_not_hide_the_problems_of_others() {
    let broken = "[[role]]\nname = \"night-shift\nrights = []\n[[role]\n";
    let other = "[[role]]\nname = \"a\"\nincludes = [\"night-shift\", \"day-shift\"]\ncolour = 1\n";
    assert_eq!(
        problems(&[("b.toml", other), ("a.toml", broken)]),
        [
            "a.toml:2: not valid TOML: invalid basic string, expected `\"`",
            "a.toml:4: not valid TOML: unclosed array table, expected `]`",
            // "night-shift" may well be what a.toml was to define.
            "b.toml:3: role.a.includes: there is no role \"day-shift\" (known are a, admin, dispatcher, service-staff, engineer, \
             request-handler, follow-up-staff, gateway, guest, terminal-user)",
            "b.toml:4: role.a.colour: unknown key (known are hidden_fields, includes, name, read_only_fields, rights)",
        ]
    );
}

#[test]
fn too_much_is_refused_before_it_is_read() {
    let large = "# ".repeat(1 << 19) + "#";
    assert_eq!(
        problems(&[("x.toml", &large)]),
        ["x.toml:1: the file has 1048577 bytes, at most 1048576 are read (split it into several files)"]
    );
    let files: Vec<_> = (0..=FILES_MAX).map(|n| (format!("{n}.toml"), String::new())).collect();
    let refused = parse(&files).expect_err("201 files");
    assert_eq!(
        refused.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["200.toml:1: there are 201 files, at most 200 are read (put several definitions into one file)"]
    );
    assert!(parse(&files[1..]).is_ok());
}

#[test]
fn a_file_full_of_rubbish_gives_a_bounded_answer() {
    let rubbish: String = (0..20_000).map(|n| format!("key{n} = {n}\n")).collect();
    let got = problems(&[("x.toml", &rubbish)]);
    assert_eq!(got.len(), 101);
    assert!(got[100].ends_with(": 19900 further problems of this file are not shown"), "{}", got[100]);
}

#[test]
fn many_unknown_references_are_answered_soon() {
    let handlers = |n: usize| (0..100).map(|i| format!("\"role:{:x>40}\"", n * 100 + i)).collect::<Vec<_>>().join(", ");
    let nodes: String =
        (0..100).map(|n| format!("[[process.node]]\nname = \"n{n}\"\nkind = \"task\"\nhandlers = [{}]\n", handlers(n))).collect();
    let roles: String = (0..1_000).map(|n| format!("[[role]]\nname = \"{n:y>40}\"\n")).collect();
    let broken = "= ".repeat(200_000);
    let started = std::time::Instant::now();
    let got = problems(&[("a.toml", &format!("[[process]]\nname = \"p\"\n{nodes}")), ("b.toml", &roles), ("c.toml", &broken)]);
    assert!(got.len() > 100);
    assert!(started.elapsed().as_secs() < 10, "took {:?}", started.elapsed());
}

#[test]
fn roles_have_the_rights_of_what_they_include() {
    let text = "[[role]]\nname = \"a\"\nrights = [\"administer\"]\nincludes = [\"b\"]\n[[role]]\nname = \"b\"\nincludes = [\"gateway\"]\n";
    let definitions = parse(&[("x.toml".to_owned(), text.to_owned())]).expect("good");
    let rights: Vec<_> = definitions.roles.iter().map(|r| format!("{} {:?}", r.name, r.rights)).collect();
    assert_eq!(rights, ["a [Administer, ServeGuests]", "b [ServeGuests]"]);
}
