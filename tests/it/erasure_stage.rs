//! The stage of erasures: a customer and a colleague whose traces are everywhere, and what searches for them in every byte.

use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use serde_json::{Value, json};
use workorderd::demo::mail_catcher::{Behaviour, MailCatcher, Reaction, Verb};

use crate::real_archive::fill;
use crate::real_mail::arrived;
use crate::real_stage::{BEGIN, Caller, DAY, Daemon, HOUR, Home, copy, definitions, seed, until};

/// In every text about Liu, in one of two writings.
const WORD: &str = "金丝雀";
const LATIN: &str = "jinsique";
const EMAIL: &str = "jinsique.liu@canary.example";
const MOBILE: &str = "13977770001";
const PLACE: &str = "31.2299988,121.4700007";
/// Of Xin.
const XIN: &str = "画眉鸟";
const XIN_EMAIL: &str = "huamei.xin@canary.example";

/// An address of Liu's that stands in a field alone.
const SECOND_EMAIL: &str = "jinsique.two@canary.example";

/// Whoever is named in a field is asked how it was.
const ASKED: &str = r##"
[[record_type]]
name = "asked"
number = "ASK-{counter}"
process = "asked"
form = "asked"
[[form]]
name = "asked"
[[form.field]]
name = "asks"
kind = "e-mail"
[[process]]
name = "asked"
[[process.node]]
name = "rate"
kind = "evaluate"
handlers = ["role:admin"]
[[evaluation_template]]
name = "asked"
[[evaluation_template.field]]
name = "overall"
kind = "stars-5"
[[evaluation_rule]]
name = "asked"
precedence = 1
when = { field = "record_type", in = ["asked"] }
template = "asked"
recipients = ["field:asks"]
message = "asked"
[[message]]
name = "asked"
[[message.wording]]
language = "en"
subject = "How was it?"
text = "#URL#"
"##;

/// The daemon, a server for its mails, and the folder that both have to do with.
pub struct Aviary {
    pub home: Home,
    pub catcher: MailCatcher,
    daemon: Option<Daemon>,
}

/// What there is of Liu and Xin.
pub struct Traces {
    /// Liu's Work Orders: a repair that was rated, an installation that was cancelled, one that is somebody else's now, one that is void.
    pub rated: String,
    pub cancelled: String,
    pub passed_on: String,
    pub void: String,
    /// Somebody else's, with the same content in a field as Liu's, and Xin among those who work on it.
    pub other: String,
    /// Xin's own.
    pub ticket: String,
    /// Contents of Liu's alone, and the one that is also in `other`.
    pub hashes: Vec<String>,
    pub shared: String,
    /// So many texts were said about Liu, each another.
    pub texts: usize,
}

fn picture(n: usize) -> Vec<u8> {
    format!("{LATIN}-picture-{n} ").repeat(3_000).into_bytes()
}

/// What the customer sent with the evaluation.
fn photo() -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR".to_vec(), picture(4)].concat()
}

fn notice(n: usize) -> String {
    format!("{WORD}·{LATIN}·{n:03}")
}

impl Aviary {
    pub fn new() -> Aviary {
        let mut aviary = Aviary { home: Home::new(), catcher: MailCatcher::start(Behaviour::default()).unwrap(), daemon: None };
        aviary.start();
        let mut admin = aviary.daemon().admin();
        seed(&mut admin);
        let asked = json!({ "path": "asked.toml", "text": ASKED });
        let files = [definitions(), vec![asked]].concat();
        admin.ok("Definitions1.Apply", json!({ "files": files }));
        let liu =
            json!({ "id": "liu", "name": format!("刘{WORD}"), "account": "acme", "email": EMAIL, "mobile": MOBILE, "language": "zh" });
        admin.ok("Directory1.PutContact", json!({ "contact": liu }));
        let xin = json!({ "id": "xin", "name": format!("辛{XIN}"), "email": XIN_EMAIL, "roles": ["service-staff"], "language": "zh" });
        admin.ok("Directory1.PutStaffUser", json!({ "staffUser": xin }));
        aviary
    }

    pub fn arguments(&self) -> Vec<String> {
        let (begin, port) = (BEGIN.to_string(), format!("mail.port={}", self.catcher.addr().port()));
        let mut arguments = vec!["--clock".to_owned(), "manual".into(), "--clock-start".into(), begin];
        let from = "mail.from=现场服务 <service@example.com>";
        let base = "links.base_url=https://service.example/e/";
        for set in ["data.journal_keep_mib=1", base, "mail.enabled=true", "mail.host=127.0.0.1", "mail.security=none", &port, from] {
            arguments.extend(["--set".to_owned(), set.into()]);
        }
        arguments
    }

    pub fn start(&mut self) {
        let arguments = self.arguments();
        self.daemon = Some(self.home.start_with(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
    }

    /// On a copy of its folder, or a folder that came of it.
    pub fn on(&self, data: &Path) -> (Home, Daemon) {
        let home = Home::copy_of(data);
        let arguments = self.arguments();
        let daemon = home.start_with(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        (home, daemon)
    }

    pub fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().unwrap()
    }

    pub fn stop(&mut self) {
        self.daemon.take().unwrap().stop();
    }

    /// Where the content of that hash is kept.
    pub fn attachment(&self, hash: &str) -> Option<PathBuf> {
        let folder = self.home.data().join("attachments");
        found(&folder, &|path| path.file_name().is_some_and(|name| name == hash))
    }

    fn bring(&self, who: &str, bytes: &[u8], name: &str) -> Value {
        let upload = blake3::hash(bytes).to_hex().to_string();
        let brought = json!({ "upload": upload, "offset": 0, "content": BASE64.encode(bytes), "last": true });
        let hash = self.daemon().user(who).ok("WorkOrders1.BringAttachment", brought)["hash"].clone();
        json!({ "hash": hash, "mediaType": "image/png", "name": name })
    }

    /// A mail of the template to Liu that is in this state.
    fn mail(&self, number: &str, status: &str) -> Value {
        let mut admin = self.daemon().admin();
        until(&format!("a mail that is {status}"), || {
            let order = admin.get(number);
            order["mails"].as_array().unwrap().iter().rev().find(|m| m["status"] == status).cloned()
        })
    }

    /// Everything that a person leaves behind, in the history's oldest segments and its newest.
    pub fn live(&self) -> Traces {
        let daemon = self.daemon();
        let (mut admin, mut dora, mut emil, mut mei) = (daemon.admin(), daemon.user("dora"), daemon.user("emil"), daemon.user("mei"));
        let mut n = 0;
        let mut text = || {
            n += 1;
            notice(n)
        };
        // A repair that was done twice, because the customer was not content, and rated.
        self.catcher.behave(
            Behaviour::default().once(Verb::Rcpt, Reaction::Answer(format!("451 4.2.0 <{EMAIL}>: {LATIN} is full, try again later"))),
        );
        let rated = dora.create(json!({
            "contact": "liu", "subject": text(), "description": text(), "reference": text(),
            "fields": { "fault": text(), "site": text(), "site-phone": MOBILE },
        }));
        dora.act(&rated, "AssignToEngineer", json!({ "engineer": "emil" }));
        emil.act(&rated, "AcceptAssignment", json!({}));
        emil.act(&rated, "AddServiceRecord", json!({ "text": text() }));
        dora.act(&rated, "AddTeamMember", json!({ "user": "mei" }));
        mei.act(&rated, "Forward", json!({ "users": ["emil"], "note": text() }));
        emil.act(&rated, "RemindMe", json!({ "at": BEGIN + 90 * DAY, "note": text() }));
        // No call center is there: each fails, and stands in the history with the number.
        emil.act(&rated, "StartCall", json!({}));
        dora.act(&rated, "StartCall", json!({ "phone": MOBILE }));
        emil.act(&rated, "Hold", json!({ "reason": "parts", "note": text() }));
        emil.act(&rated, "Resume", json!({}));
        emil.act(&rated, "PlanVisit", json!({ "from": BEGIN + DAY, "until": BEGIN + DAY + HOUR, "note": text() }));
        emil.act(&rated, "CancelVisit", json!({ "visit": 1, "reason": text() }));
        let shared = self.bring("emil", &picture(1), &format!("{}.png", text()));
        let photos = json!([shared, self.bring("emil", &picture(2), &format!("{}.png", text()))]);
        emil.act(&rated, "SaveFields", json!({ "fields": { "photos": photos } }));
        dora.act(&rated, "Edit", json!({ "subject": text(), "description": text(), "fields": { "fault": text() } }));
        let signature = self.bring("emil", &picture(3), &format!("{}.png", text()));
        let fields = json!({ "cause": "wear", "parts-used": [{ "part": text(), "quantity": 2 }], "customer-signature": signature });
        emil.act(&rated, "CompleteTask", json!({ "note": text(), "fields": fields }));
        self.mail(&rated, "deferred");
        admin.ahead(HOUR);
        self.mail(&rated, "sent");
        dora.act(&rated, "ConfirmNotSolved", json!({ "reason": text() }));
        emil.act(&rated, "CompleteTask", json!({}));
        dora.act(&rated, "ConfirmSolved", json!({}));
        let link = admin.get(&rated)["invitations"].as_array().unwrap().iter().rev().find_map(|i| i.get("link").cloned()).unwrap();
        let content = BASE64.encode(&photo());
        let brought = json!({ "token": link, "upload": "u", "offset": 0, "content": content, "last": true });
        let photo = admin.ok("Guest1.BringPhoto", brought)["hash"].clone();
        let answers = json!([
            { "field": "overall", "value": "4" }, { "field": "comment", "value": text() },
            { "field": "photos", "value": "", "photo": { "hash": photo, "name": format!("{}.png", text()) } },
        ]);
        admin.ok("Guest1.Evaluate", json!({ "token": link, "answers": answers }));
        arrived(&self.catcher, &rated);

        // An installation that was called off when the engineer was there; the mail that says so never went out.
        let cancelled =
            dora.create(json!({ "recordType": "installation", "contact": "liu", "subject": text(), "fields": { "location": PLACE } }));
        dora.act(&cancelled, "AssignToEngineer", json!({ "engineer": "emil" }));
        emil.act(&cancelled, "AcceptAssignment", json!({}));
        emil.act(&cancelled, "CompleteStep", json!({ "step": "arrive", "location": PLACE, "note": text() }));
        emil.act(&cancelled, "SkipStep", json!({ "step": "photos", "reason": text() }));
        dora.act(&cancelled, "Cancel", json!({ "reason": text() }));

        let passed_on = dora.create(json!({ "contact": "liu", "subject": text() }));
        dora.act(&passed_on, "Edit", json!({ "contact": "wang" }));
        dora.act(&passed_on, "Reject", json!({ "reason": text() }));
        let void = dora.create(json!({ "contact": "liu", "subject": text() }));
        dora.act(&void, "Void", json!({ "reason": text() }));

        // Invited at an address that only a field has: one mail has arrived, one never will.
        let asks = |admin: &mut Caller| {
            let order = json!({ "recordType": "asked", "contact": "liu", "subject": "-", "fields": { "asks": SECOND_EMAIL } });
            admin.ok("WorkOrders1.Create", order)["receipt"]["number"].as_str().unwrap().to_owned()
        };
        let asked = asks(&mut admin);
        self.mail(&asked, "sent");
        admin.act(&asked, "SkipEvaluation", json!({}));

        // Somebody else's: the same picture, and Xin, who has a notice of it that cannot be sent.
        self.catcher.behave(Behaviour::default().always(Verb::Rcpt, Reaction::Answer("451 later".into())));
        let asked = asks(&mut admin);
        self.mail(&asked, "deferred");
        admin.act(&asked, "SkipEvaluation", json!({}));
        let other = dora.create(json!({}));
        dora.act(&other, "AssignToEngineer", json!({ "engineer": "emil" }));
        emil.act(&other, "AcceptAssignment", json!({}));
        let again = json!({ "hash": shared["hash"], "mediaType": "image/png", "name": "again.png" });
        emil.act(&other, "SaveFields", json!({ "fields": { "photos": [again] } }));
        dora.act(&other, "AddTeamMember", json!({ "user": "xin" }));
        emil.act(&other, "Forward", json!({ "users": ["xin"], "note": format!("给{XIN}") }));
        daemon.user("xin").act(&other, "Forward", json!({ "users": ["emil"], "note": format!("{XIN}说") }));
        daemon.user("xin").act(&other, "AddServiceRecord", json!({ "text": "客户在家" }));
        self.mail(&other, "deferred");

        let subject = format!("{XIN}的电脑坏了");
        let ticket = daemon.user("xin").create(json!({ "recordType": "service-ticket", "subject": subject, "contact": null }));
        dora.act(&ticket, "AssignToEngineer", json!({ "engineer": "emil" }));
        emil.act(&ticket, "CompleteTask", json!({ "note": format!("{XIN}的键盘") }));
        let fields = json!({ "hours-lost": 1.5, "hint": format!("{XIN}想要新的") });
        daemon.user("xin").act(&ticket, "ConfirmSolved", json!({ "fields": fields }));

        let hash = |file: &Value| file["hash"].as_str().unwrap().to_owned();
        let hashes = vec![hash(&photos[1]), hash(&signature), photo.as_str().unwrap().to_owned()];
        Traces { rated, cancelled, passed_on, void, other, ticket, hashes, shared: hash(&shared), texts: n }
    }

    /// Old segments are in the archive, and there are files of troubles that were.
    pub fn age(&self, traces: &Traces) {
        let daemon = self.daemon();
        let archive = self.home.data().join("journal-archive");
        fill(&self.home, &mut daemon.user("dora"), 4);
        until("a segment in the archive", || archive.join("00000001.seg").exists().then_some(()));
        // One more in what is written now.
        let late = daemon.user("dora").create(json!({ "contact": "liu", "subject": notice(99) }));
        daemon.user("dora").act(&late, "Reject", json!({ "reason": notice(100) }));
        copy(&self.home.data().join("store"), &self.home.data().join("store.broken-1"));
        fs::create_dir_all(self.home.data().join("defects")).unwrap();
        let told = format!("a defect of {}: {}", traces.rated, notice(101));
        fs::write(self.home.data().join("defects/20251103-090000-1.txt"), told).unwrap();
    }
}

fn found(folder: &Path, holds: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).find_map(|path| match path.is_dir() {
        true => found(&path, holds),
        false => holds(&path).then_some(path),
    })
}

/// In how many ways a value may stand in a file.
fn ways(value: &str) -> Vec<Vec<u8>> {
    let escaped: String =
        value.encode_utf16().map(|unit| if unit < 128 { char::from(unit as u8).to_string() } else { format!("\\u{unit:04x}") }).collect();
    let mut ways = vec![value.as_bytes().to_vec(), escaped.to_uppercase().replace("\\U", "\\u").into_bytes(), escaped.into_bytes()];
    ways.dedup();
    ways
}

/// Everything by which Liu could be found.
pub fn of_liu() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = [SECOND_EMAIL, WORD, LATIN, EMAIL, MOBILE, PLACE, "31.2299988"].into_iter().flat_map(ways).collect();
    all.extend([2, 3, 4].map(|n| BASE64.encode(&picture(n)[..30]).into_bytes()));
    all
}

pub fn of_xin() -> Vec<Vec<u8>> {
    [XIN, XIN_EMAIL].into_iter().flat_map(ways).collect()
}

/// Every file below a folder in which one of these is, with the first of them, whatever kind of file it is.
pub fn found_in(folder: &Path, values: &[Vec<u8>]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        // The daemon is at work meanwhile.
        let Ok(entry) = entry else { continue };
        let path = entry.path();
        if path.is_dir() {
            found.extend(found_in(&path, values));
            continue;
        }
        let Ok(bytes) = fs::read(&path) else { continue };
        for value in values {
            if memchr::memmem::find(&bytes, value).is_some() {
                found.push((path.clone(), String::from_utf8_lossy(value).into_owned()));
                break;
            }
        }
    }
    found
}

/// The shared picture is Liu's as well, and stays as long as the other Work Order names it.
#[track_caller]
pub fn nothing_is_found(folder: &Path, traces: &Traces, values: &[Vec<u8>]) {
    let mut found = found_in(folder, values);
    found.retain(|(path, _)| !path.to_string_lossy().contains(&traces.shared));
    assert_eq!(found, [], "in {}", folder.display());
}
