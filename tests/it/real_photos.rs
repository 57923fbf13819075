//! Photos as answers (EVA-1), with the real daemon: brought through a link, named by the answer, read by the staff, checked by `verify`;
//! and what is no photo, is too many, or comes through the wrong link, refused by name.

use std::fs;

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::cli_stage::run_at;
use crate::real_places::Stage;
use crate::real_stage::{Caller, DAY};

/// A picture, by its first bytes.
pub fn png(more: &str) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR".as_slice(), more.as_bytes()].concat()
}

fn piece(link: &Value, upload: &str, content: &[u8]) -> Value {
    json!({ "token": link, "upload": upload, "offset": 0, "content": BASE64.encode(content), "last": true })
}

fn bring(gate: &mut Caller, link: &Value, content: &[u8]) -> Value {
    gate.ok("Guest1.BringPhoto", piece(link, &blake3::hash(content).to_hex()[..20], content))["hash"].clone()
}

fn photo(hash: &Value, name: &str) -> Value {
    json!({ "field": "photos", "value": "", "photo": { "hash": hash, "name": name } })
}

fn evaluate(link: &Value, more: &[Value]) -> Value {
    let mut answers = vec![json!({ "field": "overall", "value": "4" })];
    answers.extend_from_slice(more);
    json!({ "token": link, "answers": answers })
}

#[test]
fn photos_of_a_customer_are_on_the_work_order_and_the_staff_save_them() {
    let stage = Stage::new();
    let number = stage.at("evaluate");
    let link = stage.link(&number);
    let mut gate = stage.daemon.admin();
    let asked = gate.ok("Guest1.Show", json!({ "token": link }))["fields"].as_array().unwrap().clone();
    let question = asked.iter().find(|field| field["name"] == "photos").unwrap();
    assert_eq!((&question["kind"], &question["max"]), (&json!("photos"), &json!(3)), "{question}");

    // In pieces, as a bad line brings them; the second one whole.
    let door = png(&"门".repeat(400_000));
    let mut offset = 0;
    let hash = loop {
        let end = door.len().min(offset + 300_000);
        let (content, last) = (BASE64.encode(&door[offset..end]), end == door.len());
        let brought = json!({ "token": link, "upload": "door", "offset": offset, "content": content, "last": last });
        let reply = gate.ok("Guest1.BringPhoto", brought);
        offset = reply["received"].as_u64().unwrap() as usize;
        if let Some(hash) = reply.get("hash").filter(|hash| !hash.is_null()) {
            break hash.clone();
        }
    };
    assert_eq!(hash, json!(blake3::hash(&door).to_hex().as_str()));
    let floor = bring(&mut gate, &link, &png("floor"));
    gate.ok("Guest1.Evaluate", evaluate(&link, &[photo(&hash, "门 1.jpg"), photo(&floor, "floor.png"), photo(&hash, "again.jpg")]));

    let order = stage.daemon.admin().get(&number);
    let answers = order["evaluations"][0]["answers"].as_array().unwrap();
    let shown: Vec<_> = answers.iter().filter(|answer| answer["field"] == "photos").map(|a| (&a["value"], &a["photo"])).collect();
    assert_eq!(shown, [(&json!("门 1.jpg"), &hash), (&json!("floor.png"), &floor)], "each once");
    let told = run_at(stage.daemon.socket(), &["show", &number]);
    assert!(told.out.contains("门 1.jpg") && told.out.contains("floor.png"), "{}{}", told.out, told.err);
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("saved.jpg");
    let ran = run_at(stage.daemon.socket(), &["save-attachment", &number, "门 1.jpg", "--to", to.to_str().unwrap()]);
    assert_eq!((ran.code, fs::read(&to).unwrap() == door), (0, true), "{}", ran.err);
    // Through a QR code many are heard, and none of them is shown what another gave.
    assert!(gate.ok("Guest1.Show", json!({ "token": link }))["given"].is_null());

    // What an answer names stays; what none names goes.
    let second = stage.at("evaluate");
    let link = stage.link(&second);
    let nobodys = bring(&mut gate, &link, &png("nobody's"));
    for _ in 0..3 {
        stage.daemon.admin().ahead(DAY);
    }
    let hidden = json!({ "number": number, "hash": nobodys });
    assert_eq!(stage.daemon.admin().refused("WorkOrders1.ReadAttachment", hidden).0, "org.workorderd.NotFound");
    assert!(stage.daemon.admin().call("WorkOrders1.ReadAttachment", json!({ "number": number, "hash": floor })).is_ok());

    // Its content is held against its hash.
    let data = stage.data();
    let Stage { daemon, home } = stage;
    daemon.stop();
    home.verify(None).unwrap();
    let hash = floor.as_str().unwrap();
    let place = data.join("attachments").join(&hash[..2]).join(hash);
    fs::write(&place, b"something else").unwrap();
    let found = home.verify(None).unwrap_err();
    assert!(found.contains(hash) && found.contains("attachment"), "{found}");
}

#[test]
fn what_is_no_photo_or_one_too_many_is_refused_by_name_and_counts_nothing() {
    let stage = Stage::new();
    let number = stage.at("evaluate");
    let link = stage.link(&number);
    let mut gate = stage.daemon.admin();
    let mut refused = |method: &str, parameters: Value| {
        let (name, told) = gate.refused(method, parameters);
        format!("{} {} {}", name.rsplit('.').next().unwrap(), told["field"].as_str().unwrap_or_default(), told["message"])
    };
    for content in [&b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"[..], b"%PDF-1.7", b"\x7fELF", b"GIF89a", b"x"] {
        let told = refused("Guest1.BringPhoto", piece(&link, "u", content));
        assert!(told.contains("InvalidField content") && told.contains("jpeg, png, webp, heif are"), "{told}");
    }
    let far = json!({ "token": link, "upload": "u", "offset": 16 << 20, "content": "YQ==", "last": true });
    let told = refused("Guest1.BringPhoto", far);
    assert!(told.contains("at most 16 MiB"), "{told}");
    let told = refused("Guest1.Evaluate", evaluate(&link, &[photo(&json!("ab".repeat(32)), "x.jpg")]));
    assert!(told.contains("InvalidAnswer photos") && told.contains("bring it first"), "{told}");
    let told = refused("Guest1.Evaluate", evaluate(&link, &[json!({ "field": "photos", "value": "x.jpg" })]));
    assert!(told.contains("InvalidAnswer photos") && told.contains("no text"), "{told}");
    let four: Vec<Value> = (0..4).map(|n| photo(&bring(&mut stage.daemon.admin(), &link, &png(&n.to_string())), "x.png")).collect();
    let told = refused("Guest1.Evaluate", evaluate(&link, &four));
    assert!(told.contains("at most 3 photos, and there are 4"), "{told}");
    let elsewhere = json!({ "field": "comment", "value": "", "photo": four[0]["photo"] });
    let told = refused("Guest1.Evaluate", evaluate(&link, &[elsewhere]));
    assert!(told.contains("InvalidAnswer comment") && told.contains("takes no photo"), "{told}");
    // The staff brought something that is none.
    let brought = json!({ "upload": "u", "offset": 0, "content": BASE64.encode(b"<script>"), "last": true });
    let hash = stage.daemon.user("emil").ok("WorkOrders1.BringAttachment", brought)["hash"].clone();
    let told = refused("Guest1.Evaluate", evaluate(&link, &[photo(&hash, "x.jpg")]));
    assert!(told.contains("is no photo that is taken here"), "{told}");
    let told = refused("Guest1.Evaluate", evaluate(&link, &[photo(&four[0]["photo"]["hash"], "a\nb.jpg")]));
    assert!(told.contains("InvalidAnswer photos"), "{told}");
    assert_eq!(stage.daemon.admin().get(&number)["evaluations"], json!([]));

    // A link brings no more than its questions can need, and what is named makes room.
    let mut begun = 4;
    let told = loop {
        match stage.daemon.admin().call("Guest1.BringPhoto", piece(&link, &format!("u{begun}"), &png(&format!("more {begun}")))) {
            Ok(_) => begun += 1,
            Err(told) => break told,
        }
    };
    assert!(told.0.ends_with("TooManyRequests") && told.1["retryAfter"].as_i64().unwrap() > 0, "{told:?}");
    assert!((9..=15).contains(&begun), "{begun}");
    stage.daemon.admin().ok("Guest1.Evaluate", evaluate(&link, &four[..2]));
    bring(&mut stage.daemon.admin(), &link, &png("once more"));
}

#[test]
fn the_command_line_brings_photos_too_and_says_what_is_wrong_with_one() {
    let stage = Stage::new();
    let number = stage.at("evaluate");
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("门.png"), folder.path().join("bad.png"));
    fs::write(&good, png("x")).unwrap();
    fs::write(&bad, "<svg/>").unwrap();
    let link = stage.link(&number).as_str().unwrap().to_owned();
    let photo = |path: &std::path::Path| format!("photos={}", path.display());
    let ran = run_at(stage.daemon.socket(), &["guest", "evaluate", &link, "overall=5", "--photo", &photo(&bad)]);
    assert!(ran.code != 0 && ran.err.contains("is no photo that is taken here"), "{} {}", ran.code, ran.err);
    let ran = run_at(stage.daemon.socket(), &["guest", "evaluate", &link, "overall=5", "--photo", &photo(&good)]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let order = stage.daemon.admin().get(&number);
    assert!(order["evaluations"][0]["answers"].as_array().unwrap().iter().any(|answer| answer["value"] == "门.png"), "{order:#}");
}
