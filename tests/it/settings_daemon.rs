//! The daemon's settings: layers, unknown keys, and everything that is said at once.

use std::path::Path;
use std::time::Duration;
use workorderd::settings::daemon::{Change, KEYS, Loaded, LogLevel, PeerMatch, Security, Sources, load};

fn zone_known(name: &str) -> bool {
    ["UTC", "Europe/Vienna"].contains(&name)
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

/// Loads with a folder of files (the first is the main one), an environment and flags; problems without the folder's name.
fn try_load(files: &[(&str, &str)], environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Loaded, Vec<String>> {
    let folder = tempfile::tempdir().expect("folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        std::fs::write(path, text).expect("file");
    }
    let file = files.first().map_or_else(|| folder.path().join("none.toml"), |(name, _)| folder.path().join(name));
    let sources = Sources { file: Some(file), environment: pairs(environment), flags: pairs(flags), zone_known };
    let prefix = format!("{}/", folder.path().display());
    load(&sources).map_err(|problems| problems.iter().map(|p| p.to_string().replace(&prefix, "")).collect())
}

#[track_caller]
fn good(files: &[(&str, &str)], environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Loaded {
    try_load(files, environment, flags).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[test]
fn without_any_file_the_defaults_hold() {
    let loaded = good(&[("w.toml", "")], &[("HOME", "/root")], &[]);
    let s = &loaded.settings;
    assert_eq!(s.data.dir, Path::new("/var/lib/workorderd"));
    assert_eq!((s.data.segment_bytes, s.data.store_cache_bytes), (64 << 20, 256 << 20));
    assert_eq!((s.control.max_frame_bytes, s.control.connections_per_uid, s.control.calls_in_flight), (1 << 20, 256, 32));
    assert_eq!(s.control.frame_timeout, Duration::from_secs(10));
    assert_eq!((s.mail.enabled, s.mail.port, s.mail.security), (false, 587, Security::StartTls));
    assert_eq!((s.time.zone.as_str(), s.log.level), ("UTC", LogLevel::Info));
    assert_eq!(loaded.origin("data.dir"), Some("default"));
}

#[test]
fn the_shipped_settings_file_is_good_and_shows_the_defaults() {
    let text = include_str!("../../config/workorderd.toml");
    let shipped = good(&[("w.toml", text)], &[], &[]);
    let bare = good(&[("w.toml", "")], &[], &[]);
    assert_eq!(shipped.settings, bare.settings);
    // With every comment mark in front of a key taken away, it still reads, and the defaults it names are the real ones.
    let opened: String = text
        .lines()
        .map(|line| {
            line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[')).unwrap_or(line).to_owned()
                + "\n"
        })
        .collect();
    let opened = good(&[("w.toml", &opened)], &[], &[]).settings;
    assert_eq!(
        (&opened.data, &opened.time, &opened.runtime, &opened.log),
        (&bare.settings.data, &bare.settings.time, &bare.settings.runtime, &bare.settings.log)
    );
    assert_eq!(
        (opened.mail.port, opened.mail.timeout, opened.control.peers.len()),
        (bare.settings.mail.port, bare.settings.mail.timeout, 2)
    );
    assert_eq!(opened.control.drain_timeout, bare.settings.control.drain_timeout);
}

#[test]
fn a_later_layer_wins_key_by_key() {
    let files = [
        ("w.toml", "[data]\ndir = \"/one\"\nsegment_mib = 1\n[log]\nlevel = \"warn\"\n[runtime]\narbiters = 1\n"),
        ("conf.d/20-b.toml", "[data]\ndir = \"/three\"\n"),
        ("conf.d/10-a.toml", "[data]\ndir = \"/two\"\n[runtime]\narbiters = 2\n"),
        ("conf.d/notes.txt", "not read"),
        ("conf.d/.hidden.toml", "not read"),
    ];
    let environment = [("WORKORDERD_RUNTIME__ARBITERS", "3"), ("WORKORDERD_LOG__LEVEL", "debug"), ("WORKORDERD_SOCKET", "/run/x")];
    let loaded = good(&files, &environment, &[("log.level", "trace")]);
    assert_eq!(loaded.settings.data.dir, Path::new("/three"));
    assert_eq!(loaded.settings.data.segment_bytes, 1 << 20);
    assert_eq!(loaded.settings.runtime.arbiters, 3);
    assert_eq!(loaded.settings.log.level, LogLevel::Trace);
    assert!(loaded.origin("data.dir").is_some_and(|o| o.ends_with("conf.d/20-b.toml:2")));
    assert!(loaded.origin("data.segment_mib").is_some_and(|o| o.ends_with("/w.toml:3")));
    assert_eq!(loaded.origin("runtime.arbiters"), Some("WORKORDERD_RUNTIME__ARBITERS"));
    assert_eq!(loaded.origin("log.level"), Some("flag log.level"));
}

#[test]
fn everything_that_is_wrong_in_any_layer_is_said_at_once() {
    let files = [
        (
            "w.toml",
            "[data]\ndri = \"/x\"\nsegment_mib = 0\n[mial]\n[mail]\nport = \"25\"\nsecurity = \"ssl\"\nenabled = 1\nfrom = \"Anna <anna>\"\n[control]\nframe_timeout = \"10\"\n\
             [links]\nbase_url = \"service.example.org\"\n[time]\nzone = \"Vienna\"\n",
        ),
        ("conf.d/a.toml", "[data\n"),
    ];
    let environment = [("WORKORDERD_MAIL_HOST", "x"), ("WORKORDERD_MAIL__ENABLED", "yes"), ("WORKORDERD_CONTROL__PEERS", "root")];
    let got = try_load(&files, &environment, &[("mail.hots", "x"), ("runtime.arbiters", "many")]).expect_err("bad");
    assert_eq!(
        got,
        [
            "w.toml:2: data.dri: unknown key (did you mean dir?)",
            "w.toml:3: data.segment_mib: 0 is not between 1 and 2047",
            "w.toml:4: mial: unknown key (did you mean mail?)",
            "w.toml:6: mail.port: expected a whole number, found a text",
            "w.toml:7: mail.security: \"ssl\" is not possible here (known are none, starttls, tls)",
            "w.toml:8: mail.enabled: expected true or false without quotes, found a number",
            "w.toml:9: mail.from: \"anna\" is not an e-mail address: there is no @ (for example \"Example Service <service@example.org>\")",
            "w.toml:11: control.frame_timeout: \"10\" is not a duration; write a whole number and a unit such as 30d, 4h, 15m or 90s",
            "w.toml:13: links.base_url: \"service.example.org\" does not begin with https:// or http:// (for example https://service.example.org/e/)",
            "w.toml:15: time.zone: there is no time zone \"Vienna\" (write an IANA name such as Europe/Vienna, Asia/Shanghai or UTC)",
            "conf.d/a.toml:1: not valid TOML: unclosed table, expected `]`",
            "WORKORDERD_CONTROL__PEERS: control.peers: can be set in a file only (write tables [[control.peers]] into the settings file or into conf.d)",
            "WORKORDERD_MAIL_HOST: mail_host: unknown key (did you mean WORKORDERD_MAIL__HOST?)",
            "WORKORDERD_MAIL__ENABLED: mail.enabled: \"yes\" is neither true nor false",
            "flag mail.hots: mail.hots: unknown key (did you mean mail.host?)",
            "flag runtime.arbiters: runtime.arbiters: \"many\" is not a whole number",
        ]
    );
}

#[test]
fn keys_that_do_not_fit_together_are_refused() {
    let mail =
        "[mail]\nenabled = true\nhost = \"mail.example.org\"\nsecurity = \"none\"\nuser = \"u\"\n[control]\nconnections_per_uid = 2000\n";
    assert_eq!(
        try_load(&[("w.toml", mail)], &[], &[]).expect_err("bad"),
        [
            "w.toml:2: mail.enabled: mail is enabled, but mail.from is missing (add from = \"Example Service <service@example.org>\" to [mail])",
            "w.toml:2: mail.enabled: mail is enabled, but links.base_url is missing: customers could not open their links (add base_url = \
             \"https://service.example.org/e/\", say, to [links])",
            "w.toml:5: mail.user: there is a user, but no mail.password_file (name a file that holds the password and nothing else)",
            "w.toml:4: mail.security: the password would cross the network in the clear (choose starttls or tls)",
            "w.toml:7: control.connections_per_uid: is larger than control.connections_total (raise the total or lower the share of one uid)",
        ]
    );
}

#[test]
fn a_named_file_must_be_there() {
    let got = try_load(&[], &[], &[]).expect_err("missing");
    assert_eq!(got, ["none.toml: cannot be read: No such file or directory (os error 2)"]);
}

#[test]
fn peers_are_mapped_and_mistakes_in_them_named() {
    let text = "[[control.peers]]\nuid = 1000\nuser = \"anna\"\nact_as = true\n[[control.peers]]\nlogin = \"bert\"\nroles = [\"dispatcher\"]\n\
                [[control.peers]]\ngroup = \"service\"\nroles = [\"engineer\"]\n[[control.peers]]\ngroup = 27\nroles = [\"admin\"]\n";
    let peers = good(&[("w.toml", text)], &[], &[]).settings.control.peers;
    let matches: Vec<_> = peers.iter().map(|p| p.matches.clone()).collect();
    assert_eq!(matches, [PeerMatch::Uid(1000), PeerMatch::Login("bert".into()), PeerMatch::Group("service".into()), PeerMatch::Gid(27)]);
    assert_eq!((peers[0].user.as_ref().map(|u| u.as_str()), peers[0].act_as, peers[1].act_as), (Some("anna"), true, false));

    let bad = "[[control.peers]]\nroles = [\"admin\"]\n[[control.peers]]\nuid = -1\nuser = \"anna\"\n[[control.peers]]\nuid = 1\ngroup = \"x\"\nuser = \"a b\"\n\
               [[control.peers]]\nuid = 5\n[[control.peers]]\nuid = 5\nrole = \"admin\"\nuser = \"x\"\n[[control.peers]]\nlogin = \"1000\"\nuser = \"x\"\n";
    assert_eq!(
        try_load(&[("w.toml", bad)], &[], &[]).expect_err("bad"),
        [
            "w.toml:1: control.peers[1]: says not whom it maps (add one of uid = 1000, login = \"anna\", group = \"service\")",
            "w.toml:4: control.peers[2].uid: -1 is not a uid",
            "w.toml:6: control.peers[3]: maps more than one thing (keep one of uid, login, group, and write a second table for the other)",
            "w.toml:9: control.peers[3].user: the staff user has the character ' '; letters, digits and - _ . @ are allowed",
            "w.toml:10: control.peers[4]: the peer is nobody and has no roles (add user = \"anna\" or roles = [\"dispatcher\"])",
            "w.toml:12: control.peers[5]: uid 5 is mapped twice (the first is in line 10)",
            "w.toml:14: control.peers[5].role: unknown key (did you mean roles?)",
            "w.toml:17: control.peers[6].login: \"1000\" is not the name of a user (for a number write uid = 1000)",
        ]
    );
}

#[test]
fn without_peers_the_daemon_s_own_uid_and_root_are_admins() {
    let control = good(&[("w.toml", "")], &[], &[]).settings.control;
    let peers = control.peers_or_default(990);
    let seen: Vec<_> = peers.iter().map(|p| (p.matches.clone(), p.roles[0].as_str(), p.act_as)).collect();
    assert_eq!(seen, [(PeerMatch::Uid(990), "admin", true), (PeerMatch::Uid(0), "admin", true)]);
    assert_eq!(control.peers_or_default(0).len(), 1);
}

#[test]
fn the_effective_settings_read_back_as_the_same() {
    let text = "[mail]\nenabled = true\nfrom = \"Servizio \\\"Nord\\\" <a@example.org>\"\n".replace("\\\"Nord\\\" ", "")
        + "user = \"u\\u0022#\"\npassword_file = \"/etc/secret\"\nsecurity = \"tls\"\n[links]\nbase_url = \"https://s.example.org/e\"\n\
           [[control.peers]]\nuid = 7\nuser = \"anna\"\nroles = [\"admin\", \"engineer\"]\n[[control.peers]]\ngroup = \"27\"\nroles = [\"admin\"]\nact_as = true\n";
    let first = good(&[("w.toml", &text)], &[("WORKORDERD_TIME__ZONE", "Europe/Vienna")], &[]);
    assert_eq!(first.settings.links.base_url, "https://s.example.org/e/");
    let shown = first.effective();
    assert!(shown.contains("zone = \"Europe/Vienna\"  # WORKORDERD_TIME__ZONE\n"), "{shown}");
    assert!(shown.contains("port = 465  # by mail.security\n"), "{shown}");
    assert!(shown.contains("# extra_root is not set\n"), "{shown}");
    let second = good(&[("w.toml", &shown)], &[], &[]);
    assert_eq!(second.settings, first.settings);
}

#[test]
fn the_shipped_settings_file_names_every_key_and_marks_those_that_take_a_restart() {
    let mut section = "";
    let mut above = String::new();
    let mut found = Vec::new();
    for line in include_str!("../../config/workorderd.toml").lines() {
        let bare = line.strip_prefix('#').unwrap_or(line);
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if let Some(key) = KEYS.iter().find(|k| k.parts().0 == section && bare.starts_with(&format!("{} = ", k.parts().1))) {
            let change = if above.contains("(restart)") { Change::Restart } else { Change::Reload };
            assert_eq!(change, key.change, "{}", key.name);
            found.push(key.name);
            above += "=";
        } else if line.starts_with("# ") {
            // A comment goes for the keys right below it.
            above = if above.ends_with('=') { line.to_owned() } else { above + line };
        }
    }
    found.push("control.peers");
    let missing: Vec<_> = KEYS.iter().filter(|key| !found.contains(&key.name)).map(|key| key.name).collect();
    assert!(missing.is_empty(), "not in config/workorderd.toml: {missing:?}");
}

#[test]
fn a_credential_of_systemd_is_used_where_no_file_is_named_and_harms_nobody_who_has_no_need_of_it() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("smtp-password");
    std::fs::write(&path, "secret\n").expect("file");
    let environment = [("CREDENTIALS_DIRECTORY", folder.path().to_str().expect("UTF-8"))];
    let idle = good(&[("w.toml", "")], &environment, &[]);
    assert_eq!(idle.settings.mail.password_file.as_deref(), Some(&*path));
    assert_eq!((idle.origin("mail.password_file"), idle.origin("links.secret_file")), (Some("credential smtp-password"), None));
    let user = "[mail]\nuser = \"u\"\n";
    assert_eq!(good(&[("w.toml", user)], &environment, &[]).settings.mail.user.as_deref(), Some("u"));
    assert!(try_load(&[("w.toml", user)], &[], &[]).is_err(), "without it the password is missing");
    let named = "[mail]\nuser = \"u\"\npassword_file = \"/else\"\n";
    assert_eq!(good(&[("w.toml", named)], &environment, &[]).settings.mail.password_file.as_deref(), Some(Path::new("/else")));
}

#[test]
fn differences_are_of_values_and_say_what_takes_a_restart() {
    let before = good(&[("w.toml", "[log]\nlevel = \"info\"\n[data]\nsegment_mib = 8\n")], &[], &[]);
    assert!(before.differences(&good(&[("w.toml", "# moved\n\n[data]\nsegment_mib = 8\n")], &[], &[])).is_empty());
    let peers = "[[control.peers]]\nuid = 7\nuser = \"anna\"\n";
    let after = good(&[("w.toml", &format!("[log]\nlevel = \"debug\"\n{peers}"))], &[], &[]);
    let differences = before.differences(&after);
    let told: Vec<_> = differences.iter().map(|d| (d.key.name, d.before.as_deref(), d.after.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("data.segment_mib", Some("8"), Some("64")),
            ("control.peers", None, Some("1 entries")),
            ("log.level", Some("\"info\""), Some("\"debug\""))
        ]
    );
    let refused: Vec<_> = differences.iter().filter_map(|d| d.refused()).map(|p| p.to_string()).collect();
    assert_eq!(
        refused,
        ["default: data.segment_mib: changing it from 8 to 64 takes a restart (restart the daemon, or change it back and reload)"]
    );
}
