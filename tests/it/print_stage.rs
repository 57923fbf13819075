//! The stage of the printed page: a service that tells of one Work Order, and what comes out of a PDF again.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use workorderd::cli::run::run;
use workorderd::cli::session::Console;

use crate::cli_stage::{Stage, refusal, reply};
use crate::cli_views::{DAY, HOUR, NOW};

/// Fonts that have Chinese; the first one is what `.ci/run` installs.
const NOTO: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";
const WENQUANYI: &str = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc";
/// A font without Chinese, with Arabic and Hebrew.
const WESTERN: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

/// What a service answers with.
#[derive(Clone)]
pub struct Told {
    pub order: Value,
    pub contact: Option<Value>,
    pub terminal: Option<Value>,
    pub lines: Vec<Value>,
    pub more: bool,
}

impl Told {
    pub fn stage(&self) -> Stage {
        let told = self.clone();
        Stage::new(move |call| {
            let entry = |entry: &Option<Value>| match entry {
                Some(entry) => reply(entry),
                None => refusal("NotPermitted", "the directory is not for you"),
            };
            match call.member() {
                "Get" => reply(&json!({ "workOrder": told.order })),
                "GetContact" => entry(&told.contact),
                "GetTerminal" => entry(&told.terminal),
                "History" => reply(&json!({ "lines": told.lines, "more": told.more })),
                "Status" => reply(&json!({ "status": { "now": NOW } })),
                other => refusal("NotFound", other),
            }
        })
    }

    /// The page as HTML.
    pub fn html(&self, more: &[&str]) -> String {
        let ran = print(&self.stage().socket(), &[&["--html", "-"], more].concat());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        String::from_utf8(ran.out).unwrap()
    }

    /// The page as PDF, in a folder that lasts as long as the page is looked at.
    pub fn pdf(&self, font: &Path, more: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("page.pdf");
        let ran = print(&self.stage().socket(), &[&[file.to_str().unwrap(), "--font", font.to_str().unwrap()], more].concat());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        (folder, file)
    }
}

/// One run of the program.
pub struct Ran {
    pub code: u8,
    pub out: Vec<u8>,
    pub err: String,
}

/// `print WO-20261122-000017 ...`, for somebody in Shanghai.
pub fn print(socket: &Path, arguments: &[&str]) -> Ran {
    program(socket, &[&["print", "WO-20261122-000017"], arguments].concat())
}

pub fn program(socket: &Path, arguments: &[&str]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut all: Vec<OsString> =
        vec!["workorderctl".into(), "--socket".into(), socket.into(), "--time-zone".into(), "Asia/Shanghai".into()];
    all.extend(arguments.iter().map(OsString::from));
    let code = run(all, &mut Console { out: &mut out, err: &mut err, terminal: None, plain: true, piped: false });
    Ran { code, out, err: String::from_utf8(err).unwrap() }
}

/// The text of a PDF, sheet by sheet; none, if it cannot be got here.
pub fn text_of(pdf: &Path) -> Option<Vec<String>> {
    let read = tool("pdftotext", &["-layout", pdf.to_str().unwrap(), "-"])?;
    let text = String::from_utf8(read).unwrap();
    Some(text.trim_end_matches('\u{c}').split('\u{c}').map(ToOwned::to_owned).collect())
}

/// What a program of poppler writes.
pub fn tool(name: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    let Ok(ran) = Command::new(name).args(arguments).stdin(Stdio::null()).output() else {
        println!("skipped: there is no {name} (Debian's package poppler-utils)");
        return None;
    };
    assert!(ran.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    assert!(ran.stderr.is_empty(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    Some(ran.stdout)
}

/// Text without the spaces and line breaks that depend on the font.
pub fn close(text: &str) -> String {
    text.split_whitespace().collect()
}

fn font(paths: &[&'static str], package: &str) -> Option<&'static Path> {
    let found = paths.iter().copied().map(Path::new).find(|path| path.exists());
    if found.is_none() {
        println!("skipped: none of these fonts is here: {} (Debian's package {package})", paths.join(", "));
    }
    found
}

pub fn chinese_font() -> Option<&'static Path> {
    font(&[NOTO, WENQUANYI], "fonts-noto-cjk")
}

pub fn noto() -> Option<&'static Path> {
    font(&[NOTO], "fonts-noto-cjk")
}

pub fn western_font() -> Option<&'static Path> {
    font(&[WESTERN], "fonts-dejavu-core")
}

pub fn field(name: &str, title: &str, kind: &str, form: &str, text: &str) -> Value {
    json!({ "name": name, "title": title, "kind": kind, "form": form, "text": text, "columns": [], "columnKinds": [], "rows": [] })
}

/// A line of the history with what was done.
pub fn done(sequence: i64, at: i64, kind: &str, by: (&str, &str), step: Option<&str>, note: &str) -> Value {
    let done = json!({ "kind": kind, "by": { "id": by.0, "name": by.1 }, "step": step, "note": note });
    json!({ "sequence": sequence, "revision": sequence, "at": at, "by": by.0, "command": "x", "event": "x", "details": "not for paper", "done": done })
}

/// A repair for a customer in Shanghai.
pub fn chinese() -> Told {
    let mei = ("mei", "梅晓红");
    let mut table = field("parts", "使用配件", "table", "维修报告", "");
    table["columns"] = json!(["配件", "数量", "装上时间"]);
    table["columnKinds"] = json!(["text", "number", "date-time"]);
    table["rows"] = json!([["继电器 K3 <24V & 10A>", "1", "2026-11-22T03:05:00Z"], ["滤波电容 C12", "2", ""]]);
    let mut terminal = field("terminal", "设备", "reference", "故障报修", "一号楼客梯 (L-1)");
    terminal["to"] = json!("terminal");
    let order = json!({
        "number": "WO-20261122-000017", "revision": 9, "recordType": "repair", "recordTypeTitle": "维修", "process": "repair",
        "subject": "三楼客梯停在两层之间", "description": "今天上午突然停机。\n轿厢内没有人。", "reference": "HG-2026-0815",
        "account": "harbour", "accountName": "海港酒店", "contact": "wang", "contactName": "王伟", "contactLanguage": "zh-CN",
        "priority": "urgent", "status": "resolved", "createdAt": NOW - DAY, "lastCompletedAt": NOW - HOUR, "engineer": "mei",
        "people": [{ "id": "mei", "name": "梅晓红" }, { "id": "dora", "name": "Dora" }],
        "fields": [
            field("fault", "故障描述", "long-text", "故障报修", "控制柜内有焦味。\n电源只有 17.8 V。"),
            terminal,
            field("wanted", "期望上门时间", "date-time", "故障报修", "2026-11-22T00:30:00Z"),
            table,
            field("photos", "照片", "attachment", "维修报告", "door.jpg (20480 bytes), K3.jpg (10240 bytes)"),
        ],
        "values": { "terminal": "L-1", "photos": [{ "hash": "00", "mediaType": "image/jpeg", "name": "door.jpg" }, { "hash": "01", "mediaType": "image/jpeg", "name": "K3.jpg" }] },
        "planned": [{ "visit": 1, "engineer": "mei", "from": NOW - 4 * HOUR, "until": NOW - 2 * HOUR, "note": "NOT FOR CUSTOMERS 1", "moved": 0 }],
        "steps": [
            { "name": "arrive", "title": "到达现场", "state": "done", "by": "mei", "at": NOW - 4 * HOUR, "place": "31.230400,121.473700", "note": "x" },
            { "name": "photos", "title": "拍照", "state": "skipped", "note": "NOT FOR CUSTOMERS 2" },
        ],
        "labor": [
            { "engineer": "mei", "from": NOW - 4 * HOUR, "to": NOW - 2 * HOUR + 300_000, "step": "repair" },
            { "engineer": "mei", "from": NOW - 1_200_000 },
        ],
        "laborMs": 2 * HOUR + 1_500_000,
        "invitations": [
            { "no": 1, "purpose": "confirm", "source": "link", "expiresAt": NOW + DAY, "used": 0 },
            { "no": 2, "purpose": "evaluate", "source": "qr-code", "expiresAt": NOW + 30 * DAY, "used": 0, "link": "https://service.example/e/AAAA" },
        ],
        "serviceRecordsMade": 2,
    });
    Told {
        order,
        contact: Some(
            json!({ "contact": { "id": "wang", "name": "王伟", "mobile": "+86 138 0013 8000", "email": "wang@example.cn", "language": "zh-CN" } }),
        ),
        terminal: Some(json!({
            "terminal": { "id": "L-1", "name": "一号楼客梯", "product": "nk3", "account": "harbour", "serialNumber": "NK00123456",
                          "site": "中山东一路 20 号", "warrantyEnd": "2027-06-30" },
            "product": { "id": "nk3", "name": "控制柜", "model": "NK3-2000" },
        })),
        lines: vec![
            done(9, NOW - HOUR, "completed", mei, None, "更换继电器，试运行正常"),
            done(8, NOW - HOUR - 60_000, "visit", mei, None, "空载 20 个行程。\n满载 10 个行程。"),
            done(7, NOW - 3 * HOUR, "step-skipped", mei, Some("photos"), "NOT FOR CUSTOMERS 3"),
            done(6, NOW - 4 * HOUR, "step", mei, Some("arrive"), "保安带路"),
            done(5, NOW - 5 * HOUR, "remark", ("dora", "Dora"), None, "NOT FOR CUSTOMERS 4"),
            done(4, NOW - 6 * HOUR, "call", ("dora", "Dora"), None, "已约好时间"),
            json!({ "sequence": 1, "revision": 1, "at": NOW - DAY, "by": "dora", "command": "Create", "event": "Created", "details": "not for paper" }),
        ],
        more: false,
    }
}

/// Work for a customer in Hamburg, told to somebody who may not read the directory.
pub fn english() -> Told {
    let order = json!({
        "number": "WO-20261122-000017", "revision": 4, "recordType": "installation", "recordTypeTitle": "Installation",
        "subject": "New control cabinet for lift B", "description": "Please take the old one away & dispose of it.",
        "account": "muller", "accountName": "Müller & Söhne <GmbH>", "contact": "zoe", "contactName": "Zoë \"Zoo\" Müller",
        "contactLanguage": "de", "status": "closed", "outcome": "completed", "createdAt": NOW - DAY, "engineer": "emil",
        "people": [{ "id": "emil", "name": "Emil O'Hara" }],
        "fields": [field("load", "Load tested with, in kg", "number", "Commissioning", "450"), field("seal", "Seal", "text", "", "A-17")],
        "laborMs": 0,
    });
    let lines = vec![done(4, NOW - HOUR, "completed", ("emil", "Emil O'Hara"), None, "")];
    Told { order, contact: None, terminal: None, lines, more: false }
}
