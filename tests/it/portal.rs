//! `workorder-portal` as customers meet it: the process itself over HTTP, before a real daemon's guest socket, with links from real mails.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use workorderd::demo::mail_catcher::{Behaviour, MailCatcher};

use crate::real_mail::{Post, arrived, link};
use crate::real_photos::png;
use crate::real_stage::{DAY, PATIENCE, until};

/// A daemon that mails, with a portal before it.
struct Stage {
    catcher: MailCatcher,
    post: Post,
    portal: Child,
    address: SocketAddr,
    log: PathBuf,
    _folder: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    head: String,
    pub body: String,
}

/// Starts a portal before a guest socket; its address.
pub fn start(socket: &Path, log: &Path, more: &[&str]) -> (Child, SocketAddr) {
    let portal = Command::new(env!("CARGO_BIN_EXE_workorder-portal"))
        .env_clear()
        .args(["--listen", "127.0.0.1:0", "--company", "海港 <Service>", "--socket"])
        .arg(socket)
        .args(more)
        .stdin(Stdio::null())
        .stderr(File::create(log).unwrap())
        .spawn()
        .unwrap();
    let address = until("the portal's address", || {
        let text = fs::read_to_string(log).unwrap();
        let (_, rest) = text.split_once("address=")?;
        rest.split_whitespace().next()?.parse().ok()
    });
    (portal, address)
}

/// One request over a connection of its own.
pub fn request(address: SocketAddr, (method, path): (&str, &str), headers: &[(&str, &str)], body: &[u8]) -> Page {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: service.example\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // Of what is refused early, the rest is not taken.
    let _ = stream.write_all(body);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{method} {path}: no reply: {text:?}"));
    Page { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head: head.to_ascii_lowercase(), body: body.to_owned() }
}

impl Stage {
    fn new(more: &[&str]) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let (socket, log) = (folder.path().join("guest"), folder.path().join("log"));
        let catcher = MailCatcher::start(Behaviour::default()).unwrap();
        let post = Post::new(catcher.addr().port(), &[&format!("control.guest_socket={}", socket.display())]);
        let (portal, address) = start(&socket, &log, more);
        Stage { catcher, post, portal, address, log, _folder: folder }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        self.send_bytes(method, path, headers, body.as_bytes())
    }

    fn send_bytes(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Page {
        request(self.address, (method, path), headers, body)
    }

    fn get(&self, path: &str) -> Page {
        self.send("GET", path, &[("Accept-Language", "zh-CN,zh;q=0.9")], "")
    }

    /// Hands a form in, as a browser does.
    fn hand_in(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Origin", "https://service.example"),
        ];
        self.send("POST", path, &headers, &body.finish())
    }

    /// Hands a form with photos in, as a browser does: name, the file's name if it is one, and what is in it.
    fn hand_in_photos(&self, path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Page {
        let mut body = Vec::new();
        for (name, file, content) in parts {
            let of = file.map(|file| format!("; filename=\"{file}\"\r\nContent-Type: image/jpeg")).unwrap_or_default();
            body.extend(format!("--XBOUND\r\nContent-Disposition: form-data; name=\"{name}\"{of}\r\n\r\n").as_bytes());
            body.extend_from_slice(content);
            body.extend(b"\r\n");
        }
        body.extend(b"--XBOUND--\r\n");
        let headers = [("Content-Type", "multipart/form-data; boundary=XBOUND"), ("Sec-Fetch-Site", "same-origin")];
        self.send_bytes("POST", path, &headers, &body)
    }

    /// A repair that is to be confirmed, and the path of the link that was mailed.
    fn to_confirm(&self) -> (String, String) {
        let number = self.post.asked();
        let mail = self.catcher.wait_for(|mail| mail.subject.contains("问题是否已解决") && mail.subject.contains(&number), PATIENCE);
        (number, path_of(&link(&mail.unwrap())))
    }

    /// A repair that is to be rated, and the path of the link that was mailed.
    fn to_rate(&self) -> (String, String) {
        let (number, confirm) = self.to_confirm();
        assert_eq!(self.hand_in(&confirm, &[("solved", "yes")]).status, 303);
        let mail = self.catcher.wait_for(|mail| mail.subject.contains("请评价") && mail.subject.contains(&number), PATIENCE);
        (number, path_of(&link(&mail.unwrap())))
    }

    fn evaluations(&self, number: &str) -> Vec<Value> {
        self.post.daemon().admin().get(number)["evaluations"].as_array().unwrap().clone()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.portal.kill();
        let _ = self.portal.wait();
        if std::thread::panicking() {
            eprintln!("--- the portal's log\n{}---", fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}

/// The path of a link.
fn path_of(link: &str) -> String {
    link.strip_prefix("https://service.example").unwrap().to_owned()
}

/// The value of a hidden field of a page.
fn hidden<'a>(page: &'a Page, name: &str) -> &'a str {
    let (_, rest) = page.body.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {}", page.body));
    rest.split('"').next().unwrap()
}

#[test]
fn a_customer_confirms_and_rates_through_the_links_of_the_mails() {
    let stage = Stage::new(&[]);
    let (number, confirm) = stage.to_confirm();
    for _ in 0..3 {
        let page = stage.get(&confirm);
        assert_eq!(page.status, 200, "{page:?}");
        for words in ["lang=\"zh\"", "问题是否已解决？", "是，已解决", "电梯坏了", &number, "海港 &lt;Service&gt;"] {
            assert!(page.body.contains(words), "no {words} in {}", page.body);
        }
        assert!(!page.body.contains("<script"), "{}", page.body);
    }
    // Not solved needs a reason; nothing was changed by leaving it out.
    let page = stage.hand_in(&confirm, &[("solved", "no"), ("reason", " ")]);
    assert!(page.status == 422 && page.body.contains("请填写此项。"), "{page:?}");
    let page = stage.hand_in(&confirm, &[("solved", "yes")]);
    assert_eq!((page.status, page.body.as_str()), (303, ""));
    let thanks = stage.get(&format!("{confirm}?done=solved&lang=zh"));
    assert!(thanks.status == 200 && thanks.body.contains("感谢您！"), "{thanks:?}");
    let again = stage.get(&confirm);
    assert!(again.status == 200 && again.body.contains("该链接已失效") && !again.body.contains("<form"), "{again:?}");

    let rate = path_of(&link(&arrived(&stage.catcher, "请评价我们的服务")));
    let page = stage.get(&rate);
    for words in ["您对本次服务满意吗？", "总体评价", "稍晚", "name=\"a.overall\" value=\"5\" required", "必填"] {
        assert!(page.body.contains(words), "no {words} in {}", page.body);
    }
    let english = stage.get(&format!("{rate}?lang=en"));
    assert!(
        english.body.contains("lang=\"en\"") && english.body.contains("All in all") && english.body.contains("a little late"),
        "{english:?}"
    );
    // Of what is not yet given, nothing says that it was.
    assert!(!stage.get(&format!("{rate}?done=evaluated")).body.contains("感谢您！"));

    let request = hidden(&page, "request").to_owned();
    let comment = "谢谢 <b>& \"师傅\"</b>\r\n下次再来";
    let missing = stage.hand_in(&rate, &[("request", &request), ("a.comment", comment)]);
    assert_eq!(missing.status, 422, "{missing:?}");
    assert!(
        missing.body.contains("请填写此项。") && missing.body.contains("谢谢 &lt;b&gt;&amp; &quot;师傅&quot;&lt;/b&gt;"),
        "{}",
        missing.body
    );
    assert_eq!(stage.evaluations(&number), Vec::<Value>::new());
    for (stars, wanted) in [("6", 422), ("4.5", 422), ("4", 303)] {
        let fields = [
            ("request", request.as_str()),
            ("a.overall", stars),
            ("a.punctuality", "a little late"),
            ("a.solved", "yes"),
            ("a.comment", comment),
        ];
        let page = stage.hand_in(&rate, &fields);
        assert_eq!(page.status, wanted, "{stars}: {page:?}");
        if wanted == 303 {
            let location = format!("location: {rate}?done=evaluated&lang=zh").to_ascii_lowercase();
            assert!(page.head.contains(&location), "{}", page.head);
        }
    }
    assert!(stage.get(&format!("{rate}?done=evaluated&lang=zh")).body.contains("您的反馈已收到。"));
    let given = stage.get(&rate);
    for words in ["您已经提交过", "4 / 5", "稍晚", "<dd>是</dd>", "谢谢 &lt;b&gt;", "下次再来"] {
        assert!(given.body.contains(words), "no {words} in {}", given.body);
    }
    // Another try, with another form, is shown what was given; the same form again is the same.
    let other = stage.hand_in(&rate, &[("request", "another"), ("a.overall", "1")]);
    assert!(other.status == 409 && other.body.contains("您已经提交过"), "{other:?}");
    let all = stage.evaluations(&number);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["answers"].as_array().unwrap().len(), 4, "{all:?}");
    assert_eq!(stage.post.daemon().admin().get(&number)["outcome"], "completed");
}

#[test]
fn a_form_that_is_handed_in_twice_at_once_counts_once_and_both_are_thanked() {
    let stage = Stage::new(&[]);
    let (number, rate) = stage.to_rate();
    let request = hidden(&stage.get(&rate), "request").to_owned();
    let fields = [("request", request.as_str()), ("a.overall", "5")];
    let pages: Vec<Page> = std::thread::scope(|scope| {
        let both: Vec<_> = (0..4).map(|_| scope.spawn(|| stage.hand_in(&rate, &fields))).collect();
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(pages.iter().all(|page| page.status == 303), "{pages:?}");
    assert_eq!(stage.evaluations(&number).len(), 1);
}

#[test]
fn who_comes_too_late_is_told_so_and_what_still_counts_is_taken() {
    let stage = Stage::new(&[]);
    let (number, rate) = stage.to_rate();
    let (second, cancelled) = stage.to_confirm();
    let mut admin = stage.post.daemon().admin();
    admin.ahead(8 * DAY);
    until("the auto-completion", || (admin.get(&number)["outcome"] == "completed").then_some(()));
    // After the auto-completion, before the link ends: kept, as late.
    assert_eq!(stage.hand_in(&rate, &[("a.overall", "2")]).status, 303);
    assert_eq!(stage.evaluations(&number)[0]["afterCompletion"], true);
    admin.act(&second, "Void", json!({ "reason": "twice" }));
    let page = stage.get(&cancelled);
    assert!(page.body.contains("该工单已取消"), "{page:?}");
    assert_eq!(stage.hand_in(&cancelled, &[("solved", "yes")]).status, 409);
    let (third, late) = stage.to_rate();
    admin.ahead(40 * DAY);
    let page = stage.get(&late);
    assert!(page.status == 200 && page.body.contains("该链接已失效"), "{page:?}");
    let page = stage.hand_in(&late, &[("a.overall", "2")]);
    assert!(page.status == 409 && page.body.contains("该链接已失效"), "{page:?}");
    assert!(stage.evaluations(&third).is_empty());
}

#[test]
fn what_is_no_link_or_no_form_is_turned_away_and_changes_nothing() {
    let stage = Stage::new(&[]);
    let (number, confirm) = stage.to_confirm();
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let refused = [
        ("POST", vec![form, ("Sec-Fetch-Site", "cross-site")], "solved=yes".to_owned(), 403),
        ("POST", vec![form, ("Origin", "https://evil.example")], "solved=yes".to_owned(), 403),
        ("POST", vec![("Content-Type", "text/plain")], "solved=yes".to_owned(), 415),
        ("POST", vec![form], "x".repeat(100_000), 413),
        ("POST", vec![form], "reason=nothing".to_owned(), 400),
        ("POST", vec![form], "a.overall=5".to_owned(), 400),
        ("DELETE", vec![], String::new(), 405),
    ];
    for (method, headers, body, status) in refused {
        let page = stage.send(method, &confirm, &headers, &body);
        assert_eq!(page.status, status, "{method} {headers:?}: {page:?}");
        assert!(page.body.contains("<h1>"), "{page:?}");
    }
    assert_eq!(stage.post.daemon().admin().get(&number)["node"], "confirm");
    let page = stage.get(&confirm);
    for head in [
        "content-security-policy: default-src 'none'; style-src 'self'; form-action 'self'",
        "referrer-policy: same-origin",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
        "x-frame-options: deny",
    ] {
        assert!(page.head.contains(head), "no {head} in {}", page.head);
    }
    assert!(stage.get("/e/style.css").head.contains("text/css"));
    assert_eq!(stage.get("/healthz").body, "ok\n");
    assert_eq!(stage.send("HEAD", &confirm, &[], "").status, 200);
    for path in ["/", "/e/", "/e/a/b", "/etc/passwd", "/e/..%2f..%2fetc%2fpasswd"] {
        let page = stage.get(path);
        assert!(page.status == 404 && page.body.contains("找不到该链接"), "{path}: {page:?}");
    }
}

#[test]
fn photos_come_with_the_form_and_those_that_have_come_stay_when_it_is_shown_once_more() {
    let stage = Stage::new(&[]);
    let (number, rate) = stage.to_rate();
    let page = stage.get(&rate);
    assert!(page.body.contains("enctype=\"multipart/form-data\"") && page.body.contains("type=\"file\""), "{}", page.body);
    assert!(page.body.contains("最多 3 张"), "{}", page.body);
    let request = hidden(&page, "request").as_bytes();

    // One is good, one is none, and the answer that is needed is not there: the good one stays, and nothing is to be said again.
    let large = png(&"门".repeat(500_000));
    let first = stage.hand_in_photos(
        &rate,
        &[
            ("request", None, request),
            ("lang", None, b"zh"),
            ("a.comment", None, "很好".as_bytes()),
            ("f.photos", Some("门 1.jpg"), &large),
            ("f.photos", Some("x.jpg"), b"<svg onload=alert(1)>"),
        ],
    );
    assert!(first.status == 422 && first.body.contains("请按要求选择照片") && first.body.contains("✓ 门 1.jpg"), "{}", first.body);
    assert!(first.body.contains(">很好</textarea>") && !first.body.contains("svg"), "{}", first.body);
    assert_eq!(stage.evaluations(&number), Vec::<Value>::new());
    let kept = hidden(&first, "p.photos").to_owned();
    assert_eq!(kept, format!("{} 门 1.jpg", blake3::hash(&large).to_hex()));

    let done = stage.hand_in_photos(
        &rate,
        &[
            ("request", None, request),
            ("lang", None, b"zh"),
            ("p.photos", None, kept.as_bytes()),
            ("a.overall", None, b"4"),
            ("f.photos", Some(""), b""),
            ("f.photos", Some("C:\\fakepath\\two.png"), &png("two")),
        ],
    );
    assert_eq!(done.status, 303, "{done:?}");
    let evaluation = &stage.evaluations(&number)[0];
    let names: Vec<_> = evaluation["answers"].as_array().unwrap().iter().filter(|a| a["field"] == "photos").map(|a| &a["value"]).collect();
    assert_eq!(names, ["门 1.jpg", "two.png"]);
    let given = stage.get(&rate);
    assert!(given.body.contains("门 1.jpg") && given.body.contains("two.png") && !given.body.contains("type=\"file\""), "{}", given.body);

    // Nothing is read through a link that asks for none, that is used, or for another site.
    let (_, confirm) = stage.to_confirm();
    for (path, status) in [(confirm.as_str(), 415), (rate.as_str(), 409), ("/e/AAAA", 404)] {
        let page = stage.hand_in_photos(path, &[("a.overall", None, b"1"), ("f.photos", Some("x.png"), &png("x"))]);
        assert_eq!(page.status, status, "{path}: {page:?}");
    }
    let elsewhere = [("Content-Type", "multipart/form-data; boundary=X"), ("Sec-Fetch-Site", "cross-site")];
    assert_eq!(stage.send("POST", &confirm, &elsewhere, "--X--").status, 403);
    let (_, rate) = stage.to_rate();
    for body in ["", "--X\r\n", "--XBOUND\r\nContent-Disposition: form-data; name=\"f.photos\"; filename=\"a\"\r\n\r\n\x7f"] {
        let page = stage.send("POST", &rate, &[("Content-Type", "multipart/form-data; boundary=XBOUND")], body);
        assert!(page.status == 415 || page.status == 400, "{body:?}: {page:?}");
    }
    let long = "x".repeat(70_000);
    assert_eq!(stage.hand_in_photos(&rate, &[("a.comment", None, long.as_bytes())]).status, 413);
    assert!(!fs::read_to_string(&stage.log).unwrap().contains("/e/"), "no link is in the log");
}

#[test]
fn whoever_guesses_links_has_to_wait_and_others_behind_the_same_web_server_do_not() {
    let stage = Stage::new(&["--trusted-proxy", "127.0.0.1"]);
    let (_, confirm) = stage.to_confirm();
    let of = |address: &'static str, path: &str| stage.send("GET", path, &[("X-Forwarded-For", address)], "").status;
    let forged = format!("{}AAAA", &confirm[..confirm.len() - 4]);
    let guesses: Vec<u16> = (0..14).map(|_| of("192.0.2.1, 198.51.100.7", &forged)).collect();
    assert_eq!(guesses.iter().filter(|status| **status == 404).count(), 10, "{guesses:?}");
    assert!(guesses[10..].iter().all(|status| *status == 429), "{guesses:?}");
    assert_eq!(of("198.51.100.7", &confirm), 429);
    assert_eq!(of("198.51.100.8", &confirm), 200);
}

#[test]
fn while_the_daemon_is_down_the_page_says_so_and_afterwards_the_same_form_goes_in() {
    let mut stage = Stage::new(&[]);
    let (number, rate) = stage.to_rate();
    let request = hidden(&stage.get(&rate), "request").to_owned();
    let fields = [("request", request.as_str()), ("a.overall", "5")];
    stage.post.kill();
    let page = stage.hand_in(&rate, &fields);
    assert!(page.status == 503 && page.head.contains("retry-after") && page.body.contains("<h1>"), "{page:?}");
    assert_eq!(stage.get("/healthz").status, 503);
    stage.post.start();
    assert_eq!(stage.hand_in(&rate, &fields).status, 303);
    assert_eq!(stage.evaluations(&number).len(), 1);
    // Of all this no link is in the log.
    let log = fs::read_to_string(&stage.log).unwrap();
    let token = rate.rsplit('/').next().unwrap();
    assert!(log.contains("status=303") && !log.contains(token) && !log.contains(&token[..12]), "{log}");
}

#[test]
fn those_who_dawdle_cost_the_others_nothing() {
    let stage = Stage::new(&["--connections", "100"]);
    let (_, confirm) = stage.to_confirm();
    let slow: Vec<TcpStream> = (0..60)
        .map(|n| {
            let mut stream = TcpStream::connect(stage.address).unwrap();
            // Half of a head, or a head without the body it tells of.
            let begun =
                if n % 2 == 0 { "GET /e/x HTTP/1.1\r\nHost: a" } else { "POST /e/x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nb" };
            stream.write_all(begun.as_bytes()).unwrap();
            stream
        })
        .collect();
    assert_eq!(stage.get(&confirm).status, 200);
    // They are closed, or told, each within its time.
    for mut stream in slow {
        stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
        let mut told = String::new();
        let ended = stream.read_to_string(&mut told);
        assert!(ended.is_ok() && (told.is_empty() || told.starts_with("HTTP/1.1 4")), "{ended:?} {told}");
    }
    assert_eq!(stage.get(&confirm).status, 200);
}
