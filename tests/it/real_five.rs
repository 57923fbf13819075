//! Five people at once on one daemon, each a user of the machine of their own and through `workorderctl`: a dispatcher, two engineers,
//! a leader and an outsider. What each of them sees, may do and is told of while it happens (PER-3, PER-5, PER-8).

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::real_stage::{Daemon, Home, definitions, until};

/// Who, and as which user of the machine; nobody else of the machine may be them.
const PEOPLE: [(&str, u32, &str); 5] = [
    ("dora", 61_001, "dispatcher"),
    ("emil", 61_002, "engineer"),
    ("mei", 61_003, "engineer"),
    ("lena", 61_004, "engineer"),
    ("otto", 61_005, "service-staff"),
];
/// There is none of that name: exit code of what does not exist.
const NOT_FOUND: i32 = 1;
const NOT_PERMITTED: i32 = 4;

struct Office {
    daemon: Daemon,
    home: Home,
    program: PathBuf,
}

/// What somebody follows while the others work.
struct Follower {
    child: Child,
    file: PathBuf,
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Office {
    /// None where one cannot become somebody else.
    fn new() -> Option<Office> {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: needs root to become somebody else");
            return None;
        }
        let home = Home::new();
        let me = "[[control.peers]]\nuid = 0\nroles = [\"admin\"]\nact_as = true\n".to_owned();
        let peers = PEOPLE.iter().fold(me, |file, (user, uid, _)| file + &format!("[[control.peers]]\nuid = {uid}\nuser = \"{user}\"\n"));
        let settings = home.path("peers.toml");
        fs::write(&settings, peers).unwrap();
        let daemon = home.start_with(&["--config", settings.to_str().unwrap()]);
        let open = |path: PathBuf, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        open(home.path(""), 0o755);
        open(home.socket(), 0o666);
        // Where the program was built others may not look.
        let program = home.path("workorderctl");
        fs::copy(env!("CARGO_BIN_EXE_workorderctl"), &program).unwrap();
        open(program.clone(), 0o755);

        let mut admin = daemon.admin();
        admin.ok("Definitions1.Apply", json!({ "files": definitions() }));
        for (id, _, role) in PEOPLE {
            let user = json!({ "id": id, "name": id, "email": format!("{id}@service.example"), "roles": [role] });
            admin.ok("Directory1.PutStaffUser", json!({ "staffUser": user }));
        }
        for (id, leader, member) in [("hydraulics", Some("lena"), "emil"), ("electrics", None, "mei")] {
            let group = json!({ "id": id, "name": id, "leader": leader, "members": [member] });
            admin.ok("Directory1.PutServiceGroup", json!({ "serviceGroup": group }));
        }
        admin.ok("Directory1.PutContact", json!({ "contact": { "id": "wang", "name": "王伟" } }));
        Some(Office { daemon, home, program })
    }

    fn command(&self, who: &str, words: &[&str]) -> Command {
        let (_, uid, _) = PEOPLE.iter().find(|(user, _, _)| *user == who).unwrap();
        let mut command = Command::new(&self.program);
        command.env_clear().arg("--socket").arg(self.home.socket()).args(words).uid(*uid).gid(*uid).current_dir("/");
        command
    }

    /// The exit code, and what was printed.
    fn run(&self, who: &str, words: &[&str]) -> (i32, String) {
        let output = self.command(who, words).output().unwrap();
        let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code().unwrap(), printed)
    }

    #[track_caller]
    fn ok(&self, who: &str, words: &[&str]) -> String {
        let (code, printed) = self.run(who, words);
        assert_eq!(code, 0, "{who} {words:?}: {printed}");
        printed
    }

    #[track_caller]
    fn refused(&self, who: &str, words: &[&str], wanted: i32) -> String {
        let (code, printed) = self.run(who, words);
        assert_eq!(code, wanted, "{who} {words:?}: {printed}");
        printed
    }

    fn create(&self, who: &str, subject: &str) -> String {
        let told: Value = serde_json::from_str(&self.ok(who, &["create", "repair", subject, "--contact", "wang", "--json"])).unwrap();
        told["receipt"]["number"].as_str().unwrap().to_owned()
    }

    fn listed(&self, who: &str) -> BTreeSet<String> {
        let lines = self.ok(who, &["list", "--json"]);
        let pages = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        pages.flat_map(|page| page["lines"].as_array().unwrap().clone()).map(|line| line["number"].as_str().unwrap().to_owned()).collect()
    }

    fn follow(&self, who: &str) -> Follower {
        let file = self.home.path(&format!("{who}.follows"));
        let mut command = self.command(who, &["watch", "--json", "--after", "0"]);
        let child = command.stdin(Stdio::null()).stdout(File::create(&file).unwrap()).stderr(Stdio::null()).spawn().unwrap();
        Follower { child, file }
    }
}

impl Follower {
    /// The Work Orders of which steps were told, once it was told of this one.
    fn told_of(&self, last: &str) -> BTreeSet<String> {
        until("the step to be told", || fs::read_to_string(&self.file).unwrap().contains(last).then_some(()));
        let text = fs::read_to_string(&self.file).unwrap();
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let replies = whole.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let steps = replies.flat_map(|told| told["steps"].as_array().cloned().unwrap_or_else(|| vec![told]));
        steps.filter_map(|step| step["number"].as_str().map(str::to_owned)).collect()
    }
}

fn set(numbers: &[&String]) -> BTreeSet<String> {
    numbers.iter().map(|number| (*number).clone()).collect()
}

#[test]
fn five_people_at_once_see_and_do_what_is_theirs() {
    let Some(office) = Office::new() else { return };
    let followers: Vec<Follower> = PEOPLE.iter().map(|(who, _, _)| office.follow(who)).collect();
    let lift = office.create("dora", "The lift groans 电梯异响");
    let lamp = office.create("dora", "No light in the cellar");
    let rest = office.create("dora", "Not given to anybody yet");

    // Before anything was given out only the dispatcher knows of it.
    for (who, _, _) in &PEOPLE[1..] {
        assert_eq!(office.listed(who), set(&[]), "{who}");
        let there = office.refused(who, &["show", &lift], NOT_FOUND);
        let never = office.refused(who, &["show", "WO-20200101-000001"], NOT_FOUND);
        assert_eq!(there.replace(&lift, "N"), never.replace("WO-20200101-000001", "N"), "{who} sees no difference");
    }
    office.ok("dora", &["assign-to-group", &lift, "hydraulics"]);
    office.refused("mei", &["assign-to-engineer", &lift, "mei"], NOT_FOUND);
    office.refused("emil", &["assign-to-engineer", &lift, "emil"], NOT_PERMITTED);
    office.ok("lena", &["assign-to-engineer", &lift, "emil"]);
    office.ok("dora", &["assign-to-engineer", &lamp, "mei"]);

    // All at the same time, each at their own, and at what is not theirs.
    std::thread::scope(|scope| {
        let does = |who: &'static str, own: &'static [&'static str], number: &str, others: Vec<String>| {
            let (office, number) = (&office, number.to_owned());
            scope.spawn(move || {
                office.ok(who, &["accept", &number]);
                office.ok(who, &["note", &number, "我来了"]);
                for word in own {
                    for other in &others {
                        office.refused(who, &[word, other], NOT_FOUND);
                        office.refused(who, &["note", other, "I was here"], NOT_FOUND);
                        office.refused(who, &["why", other], NOT_FOUND);
                    }
                    office.ok(who, &[word, &number]);
                }
            });
        };
        does("emil", &["complete"], &lift, vec![lamp.clone(), rest.clone()]);
        does("mei", &["complete"], &lamp, vec![lift.clone(), rest.clone()]);
        scope.spawn(|| {
            for number in [&lift, &lamp, &rest] {
                for words in [&["show"][..], &["history"], &["explain"], &["accept"], &["complete"], &["lock"], &["why"], &["qr"]] {
                    office.refused("otto", &[words, &[number.as_str()]].concat(), NOT_FOUND);
                }
            }
        });
        scope.spawn(|| {
            office.ok("lena", &["show", &lift]);
            office.refused("lena", &["show", &lamp], NOT_FOUND);
            assert_eq!(office.listed("lena"), set(&[&lift]));
        });
    });
    for (who, sees) in [
        ("dora", set(&[&lift, &lamp, &rest])),
        ("emil", set(&[&lift])),
        ("mei", set(&[&lamp])),
        ("lena", set(&[&lift])),
        ("otto", set(&[])),
    ] {
        assert_eq!(office.listed(who), sees, "{who}");
    }

    // Who is taken onto the team knows of it from then on, and whoever is taken off does not.
    office.ok("dora", &["team", "add", &lift, "otto", "--access", "read"]);
    assert_eq!(office.listed("otto"), set(&[&lift]));
    let refused = office.refused("otto", &["hold", &lift, "--reason", "parts"], NOT_PERMITTED);
    assert!(!refused.contains("emil@"), "{refused}");
    office.ok("dora", &["team", "remove", &lift, "otto"]);
    office.refused("otto", &["show", &lift], NOT_FOUND);

    // Live, each of them was told of their own alone.
    let ours = office.create("otto", "My own: the coffee machine");
    let last = office.create("dora", "The last of today");
    office.ok("dora", &["assign-to-group", &last, "hydraulics"]);
    let told: Vec<BTreeSet<String>> =
        followers.iter().zip([&last, &last, &lamp, &last, &ours]).map(|(follower, until)| follower.told_of(until)).collect();
    assert_eq!(told[0], set(&[&lift, &lamp, &rest, &ours, &last]), "dora");
    assert_eq!(told[1], set(&[&lift, &last]), "emil");
    assert_eq!(told[2], set(&[&lamp]), "mei");
    assert_eq!(told[3], set(&[&lift, &last]), "lena");
    assert!(told[4].is_subset(&set(&[&ours, &lift])) && told[4].contains(&ours), "otto, who was on a team for a while: {:?}", told[4]);
    drop(followers);
    office.daemon.stop();
}
