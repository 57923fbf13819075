//! Erasing people (PER-9) with the real daemon: nothing of them is found in any byte of what is kept, everything counts as before, the
//! history is proven by the head of before, and a kill in the middle is gone on from.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::back_up::{back_up, restore, told};
use crate::cli_stage::run_at;
use crate::erasure_stage::{Aviary, Traces, found_in, nothing_is_found, of_liu, of_xin};
use crate::real_stage::{Caller, Daemon, Home, program, seed, until};

const LIU: [&str; 3] = ["contact", "erase", "liu"];

/// What counts of a Work Order, and no words.
fn figures_of(order: &Value) -> Value {
    let mut figures = json!({});
    for key in [
        "number",
        "recordType",
        "priority",
        "status",
        "outcome",
        "endedAt",
        "firstAcceptedAt",
        "lastCompletedAt",
        "lastCompletedBy",
        "heldMs",
        "reopened",
        "reassigned",
        "laborMs",
        "createdAt",
        "createdBy",
        "submitter",
        "contact",
        "account",
        "owner",
        "life",
    ] {
        figures[key] = order[key].clone();
    }
    for key in ["nodes", "mails", "evaluations", "serviceRecords", "labor", "planned", "steps", "invitations"] {
        figures[format!("{key}, how many")] = order[key].as_array().unwrap().len().into();
    }
    let stars = |answer: &&Value| answer["scale"].is_i64();
    let answers = order["evaluations"].as_array().unwrap().iter().flat_map(|e| e["answers"].as_array().unwrap());
    figures["stars"] = answers.filter(stars).cloned().collect();
    figures["values"] = order["values"].as_object().unwrap().keys().cloned().collect();
    figures["numbers"] = ["parts-used", "cause", "hours-lost", "under-warranty"]
        .iter()
        .map(|field| match &order["values"][field] {
            Value::Array(rows) => rows.iter().map(|row| row["quantity"].clone()).collect(),
            other => other.clone(),
        })
        .collect();
    figures
}

fn figures(daemon: &Daemon, traces: &Traces) -> Value {
    let mut admin = daemon.admin();
    let Traces { rated, cancelled, passed_on, void, other, ticket, .. } = traces;
    let orders: Vec<Value> = [rated, cancelled, passed_on, void, other, ticket].iter().map(|n| figures_of(&admin.get(n))).collect();
    let totals = admin.ok("WorkOrders1.LaborTotals", json!({}));
    let count = |admin: &mut Caller, filter: Value| admin.ok("WorkOrders1.List", filter)["lines"].as_array().unwrap().len();
    let lists = [json!({ "contact": "liu" }), json!({ "contact": "wang", "limit": 1000 }), json!({ "submitter": "xin" })];
    let lists: Vec<usize> = lists.into_iter().map(|filter| count(&mut admin, filter)).collect();
    json!({ "orders": orders, "labor": totals, "lists": lists, "byStatus": admin.status()["byStatus"] })
}

#[track_caller]
fn erase(daemon: &Daemon, words: &[&str], id: &str) -> String {
    let ran = run_at(daemon.socket(), &[words, &["--confirm", id]].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    ran.out
}

/// Whoever looks sees that they were erased, and nothing else.
fn is_shown_as_erased(daemon: &Daemon, traces: &Traces) {
    let mut admin = daemon.admin();
    let liu = admin.ok("Directory1.GetContact", json!({ "id": "liu" }))["contact"].clone();
    assert!(liu["erased"].is_i64() && liu["disabled"] == true && liu["email"].is_null() && liu["mobile"].is_null(), "{liu}");
    for line in [
        run_at(daemon.socket(), &["contact", "list"]).out.lines().find(|line| line.contains("liu")).unwrap().to_owned(),
        run_at(daemon.socket(), &["show", &traces.rated]).out,
    ] {
        assert!(line.contains("erased"), "{line}");
    }
    let history = run_at(daemon.socket(), &["history", &traces.rated]);
    assert!(history.code == 0 && history.out.contains("contact liu is erased"), "{}{}", history.out, history.err);
    for query in ["金丝雀", "jinsique", "canary"] {
        let found = admin.ok("Directory1.LookUp", json!({ "query": query }));
        assert!(!found.to_string().contains("liu"), "{found}");
    }
}

fn verified(data: &Path, head: &str) {
    let output = program().arg("verify").arg(data).args(["--head", head]).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn nothing_of_whoever_is_erased_is_in_any_byte_and_everything_counts_as_before() {
    let mut aviary = Aviary::new();
    let traces = aviary.live();
    aviary.age(&traces);
    let data = aviary.home.data();
    let daemon = aviary.daemon();
    let old = aviary.home.path("old-back-up");
    back_up(daemon, &old, &[]);

    // They are everywhere, each text of theirs in the history.
    for part in ["journal", "journal-archive", "store", "store.broken-1", "defects", "attachments"] {
        until(part, || (!found_in(&data.join(part), &of_liu()).is_empty()).then_some(()));
    }
    for n in (1..=traces.texts).chain([99, 100]) {
        let text = vec![format!("·{n:03}").into_bytes()];
        let there = ["journal", "journal-archive"].iter().any(|folder| !found_in(&data.join(folder), &text).is_empty());
        assert!(there, "text {n} is nowhere");
    }
    assert!(!found_in(&old, &of_liu()).is_empty());
    let before = figures(daemon, &traces);
    let head = daemon.admin().head();

    // It is told first, and not done without the word.
    let dry = run_at(daemon.socket(), &[&LIU[..], &["--dry-run"]].concat());
    assert!(dry.code == 0 && dry.out.contains("would be erased; nothing was changed"), "{}{}", dry.out, dry.err);
    let refused = run_at(daemon.socket(), &LIU);
    assert!(refused.code == 2 && refused.err.contains("--confirm liu"), "{}", refused.err);
    let would = daemon.admin().ok("Directory1.JudgeErasePerson", json!({ "kind": "contact", "id": "liu" }))["sums"].clone();
    assert_eq!(daemon.admin().head(), head);
    assert_eq!((&would["workOrders"], &would["attachments"], &would["attachmentsKept"]), (&json!(7), &json!(3), &json!(1)), "{would}");

    let invitations = daemon.admin().get(&traces.rated)["invitations"].clone();
    let link = invitations.as_array().unwrap().iter().rev().find_map(|one| one.get("link").cloned()).unwrap();
    let rate = json!({ "token": link, "answers": [{ "field": "overall", "value": "5" }] });
    let said = erase(daemon, &LIU, "liu");
    assert!(said.contains("nothing is left since"), "{said}");
    assert_eq!(daemon.admin().refused("Guest1.Evaluate", rate).0, "org.workorderd.InvitationExpired", "its links have ended");
    let erasure = daemon.admin().ok("Directory1.GetErasure", json!({ "kind": "contact", "id": "liu" }))["erasure"].clone();
    assert_eq!(erasure["sums"], would, "what was told is what went");
    nothing_is_found(&data, &traces, &of_liu());
    for hash in &traces.hashes {
        assert!(aviary.attachment(hash).is_none(), "{hash}");
    }
    assert!(aviary.attachment(&traces.shared).is_some());
    is_shown_as_erased(daemon, &traces);
    assert_eq!(figures(daemon, &traces), before);

    // A back-up of before is brought to it, and one from nothing has nothing.
    let new = aviary.home.path("new-back-up");
    for folder in [&old, &new] {
        back_up(daemon, folder, &[]);
        nothing_is_found(folder, &traces, &of_liu());
    }
    restore(&old, &aviary.home.path("restored")).unwrap();
    verified(&aviary.home.path("restored"), &head);
    let (_restored, other) = aviary.on(&aviary.home.path("restored"));
    is_shown_as_erased(&other, &traces);
    assert_eq!(figures(&other, &traces), before);
    other.stop();

    aviary.stop();
    nothing_is_found(&data, &traces, &of_liu());
    verified(&data, &head);
    let lines = aviary.home.path("all.jsonl");
    assert!(program().arg("export").arg(&data).arg(&lines).stdout(Stdio::null()).status().unwrap().success());
    let exported = aviary.home.path("exported");
    fs::create_dir(&exported).unwrap();
    fs::rename(&lines, exported.join("all.jsonl")).unwrap();
    assert_eq!(found_in(&exported, &of_liu()), []);

    // After a restart, with a store from the journal, and salvaged.
    aviary.start();
    is_shown_as_erased(aviary.daemon(), &traces);
    assert_eq!(figures(aviary.daemon(), &traces), before);
    aviary.stop();
    fs::remove_dir_all(data.join("store")).unwrap();
    aviary.start();
    is_shown_as_erased(aviary.daemon(), &traces);
    assert_eq!(figures(aviary.daemon(), &traces), before);
    aviary.stop();
    nothing_is_found(&data, &traces, &of_liu());
    verified(&data, &head);
    let saved = aviary.home.path("saved");
    assert!(program().arg("salvage").arg(&data).arg(&saved).stdout(Stdio::null()).status().unwrap().success());
    nothing_is_found(&saved, &traces, &of_liu());
    let (_saved, other) = aviary.on(&saved);
    is_shown_as_erased(&other, &traces);
    assert_eq!(figures(&other, &traces), before);
    other.stop();
    let imported = aviary.home.path("imported");
    assert!(program().arg("import").arg(exported.join("all.jsonl")).arg(&imported).stdout(Stdio::null()).status().unwrap().success());
    verified(&imported, &head);
}

#[test]
fn a_colleague_who_is_erased_leaves_work_and_no_name() {
    let mut aviary = Aviary::new();
    let traces = aviary.live();
    let data = aviary.home.data();
    let daemon = aviary.daemon();
    assert!(!found_in(&data, &of_xin()).is_empty());
    let before = figures(daemon, &traces);
    let head = daemon.admin().head();
    let said = erase(daemon, &["staff-user", "erase", "xin"], "xin");
    assert!(said.contains("1 record with what they wrote about others' Work Orders"), "{said}");
    nothing_is_found(&data, &traces, &of_xin());
    assert!(!found_in(&data, &of_liu()).is_empty(), "nobody else is erased");
    assert_eq!(figures(daemon, &traces), before);
    let mut admin = daemon.admin();
    let other = admin.get(&traces.other);
    let to_xin: Vec<&Value> = other["mails"].as_array().unwrap().iter().filter(|mail| mail["status"] == "cancelled").collect();
    assert_eq!(to_xin.len(), 1, "{other}");
    assert_eq!(other["serviceRecords"][0]["text"], "客户在家");
    assert!(!other["toDos"].to_string().contains("xin"), "{other}");
    let xin = admin.ok("Directory1.GetStaffUser", json!({ "id": "xin" }));
    assert!(xin["staffUser"]["erased"].is_i64() && xin["canAct"] == false, "{xin}");
    assert!(admin.call("System1.ActAs", json!({ "user": "xin" })).is_err());
    let (name, _) = admin.refused("WorkOrders1.Create", json!({ "recordType": "repair", "subject": "x", "submitter": "xin" }));
    assert!(["org.workorderd.Erased", "org.workorderd.UnknownReference", "org.workorderd.InvalidField"].contains(&&*name), "{name}");
    aviary.stop();
    verified(&data, &head);
    nothing_is_found(&data, &traces, &of_xin());
    aviary.start();
    assert_eq!(figures(aviary.daemon(), &traces), before);
    aviary.stop();
}

#[test]
fn nobody_is_erased_by_half_or_by_mistake_and_their_id_is_given_to_nobody_else() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let number = daemon.user("dora").create(json!({ "account": "acme" }));
    daemon.user("dora").act(&number, "AssignToEngineer", json!({ "engineer": "emil" }));
    let head = admin.head();
    for (kind, id) in [("contact", "wang"), ("staff-user", "emil")] {
        for method in ["Directory1.JudgeErasePerson", "Directory1.ErasePerson"] {
            let (name, more) = admin.refused(method, json!({ "kind": kind, "id": id }));
            assert_eq!((&*name, &more["numbers"]), ("org.workorderd.HasOpenWork", &json!([number])), "{more}");
        }
        let ran = run_at(daemon.socket(), &[kind, "erase", id, "--confirm", id]);
        assert!(ran.code != 0 && ran.err.contains(&number) && ran.err.contains("workorderctl list --open"), "{}", ran.err);
    }
    let ran = run_at(daemon.socket(), &["contact", "erase", "wang", "--confirm", "wagn"]);
    assert!(ran.code == 2 && ran.err.contains("--confirm wang"), "{}", ran.err);
    assert_eq!(admin.head(), head, "nothing of it was done");

    daemon.user("dora").act(&number, "Cancel", json!({}));
    erase(&daemon, &["contact", "erase", "wang"], "wang");
    // Once more is no harm.
    let again = erase(&daemon, &["contact", "erase", "wang"], "wang");
    assert!(again.contains("nothing is left since"), "{again}");
    let wang = json!({ "contact": { "id": "wang", "name": "另一个王", "account": "acme" } });
    let (name, more) = admin.refused("Directory1.PutContact", wang.clone());
    assert!(name == "org.workorderd.Erased" && more["message"].as_str().unwrap().contains("erased"), "{name} {more}");
    let (name, _) = admin.refused("Directory1.JudgePut", wang);
    assert_eq!(name, "org.workorderd.Erased");
    for parameters in [json!({ "contact": "wang" }), json!({ "submitter": "wang" })] {
        let mut all = json!({ "recordType": "repair", "subject": "x" });
        all.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
        assert!(daemon.user("dora").call("WorkOrders1.Create", all).is_err(), "{parameters}");
    }
    // Somebody else may be called the same.
    admin.ok("Directory1.PutContact", json!({ "contact": { "id": "wang-2", "name": "王伟", "account": "acme" } }));
    daemon.stop();
    home.verify(Some(&head)).unwrap();
}

/// A small dice; the same at each run.
fn dice(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

#[test]
fn an_erasure_goes_on_by_itself_however_often_it_is_killed() {
    let mut aviary = Aviary::new();
    let traces = aviary.live();
    aviary.age(&traces);
    let before = figures(aviary.daemon(), &traces);
    let head = aviary.daemon().admin().head();
    aviary.stop();
    let mut seed = 20_261_130;
    let mut unfinished = 0;
    for round in 0..6 {
        let (home, mut daemon) = aviary.on(&aviary.home.data());
        let mut admin = daemon.admin();
        let (archive, away) = (home.data().join("journal-archive"), home.path("away"));
        if round == 0 {
            // What is to be erased cannot be read as long as the archive's disk is away: it waits, and says so.
            fs::rename(&archive, &away).unwrap();
        }
        admin.ok("Directory1.ErasePerson", json!({ "kind": "contact", "id": "liu" }));
        if round == 0 {
            let problem = until("the problem", || {
                let got = admin.ok("Directory1.GetErasure", json!({ "kind": "contact", "id": "liu" }));
                got["erasure"]["problem"].as_str().map(str::to_owned)
            });
            assert!(problem.contains("is the archive's disk mounted?"), "{problem}");
            let status = run_at(daemon.socket(), &["status"]).out;
            assert!(status.contains("contact liu") && status.contains("it waits"), "{status}");
            daemon.user("dora").create(json!({}));
            fs::rename(&away, &archive).unwrap();
        }
        if round % 2 == 1 {
            admin.ok("Directory1.ErasePerson", json!({ "kind": "staff-user", "id": "xin" }));
        }
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(dice(&mut seed) % 400));
            let finished = finished(&mut daemon.admin(), "contact", "liu");
            unfinished += usize::from(!finished);
            daemon.kill();
            let arguments = aviary.arguments();
            daemon = home.start_with(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let mut admin = daemon.admin();
        let mut values = of_liu();
        until("the end of the erasure", || finished(&mut admin, "contact", "liu").then_some(()));
        if round % 2 == 1 {
            until("the end of the other", || finished(&mut admin, "staff-user", "xin").then_some(()));
            values.extend(of_xin());
        }
        nothing_is_found(&home.data(), &traces, &values);
        is_shown_as_erased(&daemon, &traces);
        if round > 0 {
            assert_eq!(figures(&daemon, &traces), before);
        }
        daemon.stop();
        nothing_is_found(&home.data(), &traces, &values);
        verified(&home.data(), &head);
    }
    assert!(unfinished >= 6, "{unfinished} kills came in the middle");
}

fn finished(admin: &mut Caller, kind: &str, id: &str) -> bool {
    admin.ok("Directory1.GetErasure", json!({ "kind": kind, "id": id }))["erasure"]["finishedAt"].is_i64()
}
