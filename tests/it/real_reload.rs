//! SIGHUP: good settings take effect as a whole and at once, also for connections that are open; bad ones change nothing and say why.

use std::fs;
use std::path::PathBuf;

use rustix::process::Signal;
use serde_json::{Value, json};
use workorderd::demo::mail_catcher::{Behaviour, MailCatcher};

use crate::real_stage::{BEGIN, Caller, Daemon, HOUR, Home, frame, seed, until, work};

struct Reloading {
    daemon: Daemon,
    file: PathBuf,
    home: Home,
}

fn me() -> u32 {
    rustix::process::getuid().as_raw()
}

/// A peer entry for whoever runs the test.
fn peer(roles: &str, act_as: bool) -> String {
    format!("[[control.peers]]\nuid = {}\nroles = [\"admin\"{roles}]\nact_as = {act_as}\n", me())
}

impl Reloading {
    fn start(settings: &str) -> Reloading {
        let home = Home::new();
        let file = home.path("w.toml");
        fs::write(&file, settings).unwrap();
        let begin = BEGIN.to_string();
        let daemon = home.start_with(&["--config", file.to_str().unwrap(), "--clock", "manual", "--clock-start", &begin]);
        Reloading { daemon, file, home }
    }

    /// Reloads with these settings; gives the problems of the status.
    fn reload(&self, caller: &mut Caller, settings: &str) -> Vec<String> {
        let before = caller.status()["reloads"].as_i64().unwrap();
        fs::write(&self.file, settings).unwrap();
        self.daemon.signal(Signal::HUP);
        let status = until("the reload", || Some(caller.status()).filter(|s| s["reloads"].as_i64() > Some(before)));
        status["reloadProblems"].as_array().unwrap().iter().map(|p| p.as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_reload_of_good_settings_takes_effect_for_open_connections_too() {
    let r = Reloading::start(&peer("", true));
    let (mut one, mut two) = (r.daemon.admin(), r.daemon.admin());
    seed(&mut one);
    two.ok("System1.ActAs", json!({ "user": "dora" }));
    assert_eq!(r.reload(&mut one, &(peer(", \"engineer\"", false) + "[log]\nlevel = \"debug\"\n")), [""; 0]);
    assert_eq!(one.ok("System1.WhoAmI", json!({}))["roles"], json!(["admin", "engineer"]));
    let who = two.ok("System1.WhoAmI", json!({}));
    assert_eq!((&who["user"], &who["mayActAs"]), (&Value::Null, &json!(false)), "who may not act for others any more is itself again");
    drop(two);
    until("debug lines in the log", || r.daemon.log().contains(" DEBUG ").then_some(()));
    assert!(r.daemon.log().contains("changed=\"control.peers log.level\""), "{}", r.daemon.log());
}

#[test]
fn a_peer_that_a_reload_takes_out_is_refused_on_its_open_connections() {
    let r = Reloading::start(&peer("", true));
    let mut pipe = r.daemon.pipe();
    pipe.call("System1.WhoAmI", &json!({}));
    assert_eq!(pipe.reply().unwrap().error, None);
    fs::write(&r.file, "[[control.peers]]\nuid = 64999\nroles = [\"admin\"]\n").unwrap();
    r.daemon.signal(Signal::HUP);
    until("the refusal", || {
        pipe.call("System1.WhoAmI", &json!({}));
        (pipe.reply().unwrap().error.as_deref() == Some("org.workorderd.UnknownPeer")).then_some(())
    });
    assert_eq!(r.daemon.pipe().reply().unwrap().error.as_deref(), Some("org.workorderd.UnknownPeer"));
}

#[test]
fn a_reload_with_a_mistake_changes_nothing_and_says_every_one_of_them() {
    let r = Reloading::start(&peer("", true));
    let mut admin = r.daemon.admin();
    let bad = peer(", \"engineer\"", false) + "[mail]\nhots = \"x\"\n[control]\ncalls_in_flight = 0\n";
    let problems = r.reload(&mut admin, &bad);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].ends_with("w.toml:6: mail.hots: unknown key (did you mean host?)"), "{problems:?}");
    assert!(problems[1].ends_with("w.toml:8: control.calls_in_flight: 0 is not between 1 and 4096"), "{problems:?}");
    assert_eq!(admin.ok("System1.WhoAmI", json!({}))["roles"], json!(["admin"]), "the part that was good did not take effect either");
    assert!(problems.iter().all(|p| r.daemon.log().contains(p)) && r.daemon.log().contains("the reload was refused, nothing was changed"));
    // What names cannot be known from the file alone is found as well: users, secrets.
    let bad = "[[control.peers]]\nlogin = \"nobody-of-that-name\"\nroles = [\"admin\"]\n[mail]\nenabled = true\nfrom = \"a@example.org\"\n\
               user = \"u\"\npassword_file = \"/nonexistent\"\n[links]\nbase_url = \"https://x/\"\n";
    let problems = r.reload(&mut admin, bad);
    assert!(problems[0].contains("w.toml:1: control.peers[1]: this machine has no user"), "{problems:?}");
    assert!(problems[1].contains("w.toml:8: mail.password_file: /nonexistent: cannot be read"), "{problems:?}");
    // A file that is gone is a mistake, too: the daemon was told to read it.
    fs::remove_file(&r.file).unwrap();
    r.daemon.signal(Signal::HUP);
    until("the third refusal", || (admin.status()["reloads"] == 3).then_some(()));
    assert!(admin.status()["reloadProblems"][0].as_str().unwrap().contains("cannot be read"));
    // And once it is good again, the status is clean.
    assert_eq!(r.reload(&mut admin, &peer(", \"engineer\"", true)), [""; 0]);
    assert_eq!(admin.ok("System1.WhoAmI", json!({}))["roles"], json!(["admin", "engineer"]));
}

#[test]
fn a_reload_that_would_take_a_restart_is_refused_as_a_whole() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(&secret, "0123456789abcdef0123456789abcdef").unwrap();
    let links = format!("[links]\nsecret_file = \"{}\"\n", secret.path().display());
    let r = Reloading::start(&(peer("", true) + &links));
    let mut admin = r.daemon.admin();
    let zone = "[time]\nzone = \"Europe/Vienna\"\n";
    let problems = r.reload(&mut admin, &(peer(", \"engineer\"", true) + &links + zone));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("w.toml:8: time.zone: changing it from \"UTC\" to \"Europe/Vienna\" takes a restart"), "{problems:?}");
    assert_eq!(admin.ok("System1.WhoAmI", json!({}))["roles"], json!(["admin"]));
    // Another secret in the same file would close the links that customers have.
    fs::write(&secret, "another secret of enough characters").unwrap();
    let problems = r.reload(&mut admin, &(peer("", true) + &links));
    assert!(problems.len() == 1 && problems[0].contains("links.secret_file: the secret in it is another one"), "{problems:?}");
}

/// Readings 19 and 20. vera is above lena, who is above emil; vera heads the office, of which emil's workshop is a part.
#[test]
fn how_far_those_above_reach_is_a_setting_at_the_start_and_at_a_reload() {
    let narrow = "[people]\ndirect_reports_only = true\nwith_sub_departments = false\n";
    let r = Reloading::start(narrow);
    let mut admin = r.daemon.admin();
    seed(&mut admin);
    let put = |id: &str, superior: Option<&str>, department: &str| {
        let user = json!({ "id": id, "name": id, "roles": ["engineer", "service-staff"], "superior": superior, "department": (!department.is_empty()).then_some(department) });
        r.daemon.admin().ok("Directory1.PutStaffUser", json!({ "staffUser": user }));
    };
    put("vera", None, "");
    for (id, head, parent) in [("office", Some("vera"), None), ("workshop", None, Some("office"))] {
        let department = json!({ "id": id, "name": id, "head": head, "parent": parent });
        r.daemon.admin().ok("Directory1.PutDepartment", json!({ "department": department }));
    }
    put("lena", Some("vera"), "office");
    put("emil", Some("lena"), "workshop");
    let number = r.daemon.user("emil").create(json!({}));
    let mut vera = r.daemon.user("vera");
    let mut sees = |scene: &str| {
        let lines = vera.call("WorkOrders1.List", json!({ "scene": scene })).unwrap()["lines"].clone();
        lines.as_array().unwrap().iter().any(|line| line["number"] == number.as_str())
    };
    let scenes = ["all", "my-subordinates-responsible", "my-responsible-departments"];
    assert_eq!(scenes.map(&mut sees), [false, false, false], "she reaches lena and the office itself");
    assert_eq!(r.reload(&mut admin, "[people]\nwith_sub_departments = false\n"), [""; 0]);
    assert_eq!(scenes.map(&mut sees), [true, true, false]);
    assert_eq!(r.reload(&mut admin, "[people]\ndirect_reports_only = true\n"), [""; 0]);
    assert_eq!(scenes.map(&mut sees), [true, false, true]);
    assert_eq!(r.reload(&mut admin, narrow), [""; 0]);
    assert_eq!(scenes.map(&mut sees), [false, false, false]);
}

#[test]
fn limits_change_for_new_connections() {
    let r = Reloading::start("");
    let mut admin = r.daemon.admin();
    let pipes: Vec<_> = (0..5).map(|_| r.daemon.pipe()).collect();
    assert_eq!(r.reload(&mut admin, "[control]\nconnections_per_uid = 3\n"), [""; 0]);
    let refused = r.daemon.pipe().reply().unwrap();
    assert_eq!(refused.error.as_deref(), Some("org.workorderd.TooManyConnections"));
    assert_eq!(refused.parameters["limit"], 3);
    for mut pipe in pipes {
        pipe.send(&frame("System1.WhoAmI", &json!({}))).unwrap();
        assert_eq!(pipe.reply().unwrap().error, None, "those that are there stay");
    }
}

#[test]
fn a_mail_server_that_a_reload_brings_gets_the_mails_that_waited() {
    let r = Reloading::start("");
    let mut admin = r.daemon.admin();
    seed(&mut admin);
    let number = r.daemon.user("dora").create(json!({}));
    work(&r.daemon, &number);
    let mail = |admin: &mut Caller| admin.get(&number)["mails"].as_array().unwrap().last().unwrap().clone();
    until("a mail that waits", || (mail(&mut admin)["status"] == "deferred").then_some(()));
    let catcher = MailCatcher::start(Behaviour::default()).unwrap();
    let settings = format!(
        "[mail]\nenabled = true\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"a@example.org\"\n[links]\nbase_url = \"https://new.example/e/\"\n",
        catcher.addr().port()
    );
    assert_eq!(r.reload(&mut admin, &settings), [""; 0]);
    admin.ahead(HOUR);
    until("the mail that is sent", || (mail(&mut admin)["status"] == "sent").then_some(()));
    assert!(catcher.mails()[0].text.contains("https://new.example/e/"));
    drop(r.home);
}
