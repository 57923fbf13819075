//! The printed page as PDF: its text comes out again, long ones go over several sheets, nothing is drawn in the margins, and a font that
//! has not all that is needed is refused. And the arguments of the command.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli_stage::run_at;
use crate::cli_views::{HOUR, NOW};
use crate::print_stage::{Told, chinese, chinese_font, close, done, english, field, noto, print, text_of, tool, western_font};

/// The sheets with their text.
fn sheets(told: &Told, font: &Path, more: &[&str]) -> Option<Vec<String>> {
    let (_folder, file) = told.pdf(font, more);
    nothing_in_the_margins(&file)?;
    text_of(&file)
}

/// Holds each sheet, as a picture, to its margins: 51 points at the left and right are white, but for what rounding a pixel gives.
fn nothing_in_the_margins(pdf: &Path) -> Option<()> {
    let out = pdf.with_extension("");
    tool("pdftoppm", &["-gray", "-r", "36", pdf.to_str().unwrap(), out.to_str().unwrap()])?;
    let mut seen = 0;
    for picture in std::fs::read_dir(pdf.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path()) {
        if picture.extension().is_none_or(|end| end != "pgm") {
            continue;
        }
        seen += 1;
        let bytes = std::fs::read(&picture).unwrap();
        let mut parts = bytes.splitn(4, |byte| *byte == b'\n');
        assert_eq!(parts.next(), Some(&b"P5"[..]));
        let size = std::str::from_utf8(parts.next().unwrap()).unwrap();
        let (width, height) = size.split_once(' ').map(|(w, h)| (w.parse::<usize>().unwrap(), h.parse::<usize>().unwrap())).unwrap();
        let ink = parts.nth(1).unwrap();
        assert_eq!((width, height, ink.len()), (298, 421, 298 * 421), "A4 at half a pixel a point");
        let mut black = 0;
        for (at, shade) in ink.iter().enumerate() {
            let (x, y) = (at % width, at / width);
            let margin = x < 24 || x >= width - 24 || y < 18 || y >= height - 18;
            assert!(!margin || *shade > 250, "{} at {x},{y}", picture.display());
            black += usize::from(*shade < 128);
        }
        assert!(black > 50, "{} is empty", picture.display());
    }
    assert!(seen > 0);
    Some(())
}

#[test]
fn the_text_of_a_chinese_page_comes_out_again() {
    let Some(font) = chinese_font() else { return };
    let Some(sheets) = sheets(&chinese(), font, &["--company", "上海安达电梯服务有限公司", "--logo", "安达"]) else { return };
    let text = close(&sheets.concat());
    for told in [
        "上海安达电梯服务有限公司",
        "WO-20261122-000017",
        "三楼客梯停在两层之间",
        "类型维修",
        "公司海港酒店",
        "联系人王伟",
        "电话+8613800138000",
        "序列号NK00123456",
        "今天上午突然停机。轿厢内没有人。",
        "故障描述控制柜内有焦味。电源只有17.8V。",
        "继电器K3<24V&10A>1",
        "2026-11-2211:05",
        "已完成：更换继电器，试运行正常",
        "到达现场：保安带路",
        "合计：2小时25分钟",
        "https://service.example/e/AAAA",
        "客户签字",
        "第1页，共2页",
    ] {
        assert!(text.contains(&close(told)), "{told}: {text}");
    }
    for kept in ["NOTFORCUSTOMERS", "notforpaper", "31.23"] {
        assert!(!text.contains(kept), "{kept}");
    }
}

#[test]
fn the_text_of_an_english_page_comes_out_again() {
    let Some(font) = western_font() else { return };
    let Some(sheets) = sheets(&english(), font, &["--company", "Nordlift", "--logo", "N"]) else { return };
    let text = sheets.concat();
    for told in [
        "New control cabinet for lift B",
        "Müller & Söhne <GmbH>",
        "Zoë \"Zoo\" Müller",
        "Please take the old one away & dispose of it.",
        "Emil O'Hara",
        "Page 1 of 1",
        "Printed 2026-11-22 22:03 (times in Asia/Shanghai)",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[test]
fn the_font_is_in_the_file_with_the_glyphs_that_are_used_alone() {
    let Some(font) = chinese_font() else { return };
    let (_folder, file) = chinese().pdf(font, &[]);
    let Some(fonts) = tool("pdffonts", &[file.to_str().unwrap()]) else { return };
    let fonts = String::from_utf8(fonts).unwrap();
    let line = fonts.lines().nth(2).unwrap();
    assert!(line.split_whitespace().filter(|word| *word == "yes").count() == 3, "embedded, a subset, with Unicode: {fonts}");
    let (made, whole) = (std::fs::metadata(&file).unwrap().len(), std::fs::metadata(font).unwrap().len());
    assert!(made < 150_000 && made < whole / 20, "{made} bytes of {whole}");
    let about = String::from_utf8(tool("pdfinfo", &[file.to_str().unwrap()]).unwrap()).unwrap();
    assert!(about.contains("A4") && about.contains("WO-20261122-000017 三楼客梯停在两层之间"), "{about}");
}

#[test]
fn the_same_work_order_at_the_same_time_gives_the_same_bytes() {
    let Some(font) = western_font() else { return };
    let (one, other) = (english().pdf(font, &[]), english().pdf(font, &[]));
    assert_eq!(std::fs::read(one.1).unwrap(), std::fs::read(other.1).unwrap());
}

#[test]
fn a_long_one_is_five_sheets_with_everything_on_them_once_and_in_order() {
    let Some(font) = chinese_font() else { return };
    let mut told = chinese();
    let text = "到场后先断电并挂牌，更换控制柜继电器，清理接线端子的氧化层；恢复供电后空载运行二十个行程，平层误差不超过 3 mm。";
    told.lines = (0..70).rev().map(|at| done(at, NOW - HOUR, "visit", ("mei", "梅晓红"), None, &format!("记录{at:03}：{text}"))).collect();
    let Some(sheets) = sheets(&told, font, &[]) else { return };
    assert_eq!(sheets.len(), 5);
    let mut records = Vec::new();
    for (at, sheet) in sheets.iter().enumerate() {
        let text = close(sheet);
        assert!(text.contains(&close(&format!("第 {} 页，共 5 页", at + 1))), "{sheet}");
        assert!(text.contains("WO-20261122-000017") && text.contains("三楼客梯停在两层之间"), "{sheet}");
        let mut here: Vec<usize> = text.match_indices("记录").map(|(at, word)| text[at + word.len()..][..3].parse().unwrap()).collect();
        // The title of the columns stands above them on each sheet.
        assert!(here.is_empty() || text.contains("时间内容人员"), "{sheet}");
        records.append(&mut here);
    }
    assert_eq!(records, (0..70).collect::<Vec<_>>());
    let all = close(&sheets.concat());
    assert_eq!(all.matches("客户签字").count(), 1);
    assert!(close(sheets.last().unwrap()).contains("工程师签字"));
}

/// A page whose texts are all this one.
fn full_of(text: &str) -> Told {
    let mut told = english();
    for key in ["subject", "description", "recordTypeTitle", "accountName", "contactName", "reference"] {
        told.order[key] = json!(text);
    }
    told.order["people"][0]["name"] = json!(text);
    let mut table = field("table", text, "table", text, "");
    table["columns"] = json!([text, text, text]);
    table["columnKinds"] = json!(["text", "text", "text"]);
    table["rows"] = json!([[text, "1", text], ["", text, ""]]);
    told.order["fields"] = json!([field("a", text, "text", text, text), table]);
    told.lines = vec![done(1, NOW, "visit", ("emil", text), None, text), done(1, NOW, "step", ("emil", text), Some(text), text)];
    told
}

#[test]
fn long_words_and_many_lines_stay_within_the_margins() {
    let Some(font) = western_font() else { return };
    for text in [
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(6),
        "W".repeat(4_000),
        "https://example.com/".to_owned() + &"a/b?c=d&".repeat(200),
        "x\n".repeat(200),
        "\n\n\n".to_owned(),
        " \u{a0}\u{3000}\u{2003} ".repeat(50),
        "a\u{301}".repeat(500),
        "<script>alert(1)</script> ".repeat(100),
        "\u{200b}\u{200d}\u{ad}".repeat(300),
        "word ".repeat(3_000),
    ] {
        let (_folder, file) = full_of(&text).pdf(font, &["--company", &text.chars().take(300).collect::<String>(), "--logo", "L"]);
        if nothing_in_the_margins(&file).is_none() {
            return;
        }
    }
}

#[test]
fn what_is_written_from_right_to_left_stands_in_its_order_and_at_the_right() {
    let Some(font) = western_font() else { return };
    let mut told = english();
    told.order["description"] = json!("שלום עולם NK3 (24V)\nمرحبا بالعالم 123");
    let (_folder, file) = told.pdf(font, &[]);
    let Some(boxes) = tool("pdftotext", &["-bbox", file.to_str().unwrap(), "-"]) else { return };
    let boxes = String::from_utf8(boxes).unwrap();
    // Boxes are told with their letters from left to right.
    let left = |word: &str| -> f32 {
        let seen: String = if word.is_ascii() { word.to_owned() } else { word.chars().rev().collect() };
        let word = seen.as_str();
        let line = boxes.lines().find(|line| line.contains(&format!(">{word}<"))).unwrap_or_else(|| panic!("{word}: {boxes}"));
        line.split("xMin=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
    };
    assert!(left("שלום") > left("עולם"), "the first word is the one at the right");
    assert!(left("עולם") > left("(24V)") && left("(24V)") > left("NK3"), "what is written the other way keeps its own order");
    assert!(left("שלום") > 400.0, "and it begins at the right margin: {}", left("שלום"));
    let sheets = sheets(&told, font, &[]).unwrap().concat();
    assert!(sheets.contains("مرحبا") && sheets.contains("123"), "letters that are joined are still the letters: {sheets}");
}

#[test]
fn a_character_that_the_font_has_not_is_refused_by_name_and_nothing_is_written() {
    let Some(font) = western_font() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.pdf");
    for (text, names) in [
        ("三楼客梯 stands still", "characters of this page: 三 (U+4E09), 客 (U+5BA2), 梯 (U+68AF), 楼 (U+697C)"),
        ("all good 🛠", "a character of this page: 🛠 (U+1F6E0)"),
        ("\u{e000}", "a character of this page: \u{e000} (U+E000)"),
        ("\u{fffff}", "(U+FFFFF)"),
        ("一丁七万丈三上下不与", "and 2 more"),
    ] {
        let mut told = english();
        told.order["subject"] = json!(text);
        let (pdf, html) = (file.to_str().unwrap(), folder.path().join("page.html"));
        let stage = told.stage();
        let ran = print(&stage.socket(), &[pdf, "--html", html.to_str().unwrap(), "--font", font.to_str().unwrap()]);
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.starts_with(&format!("workorderctl: the font {} has no glyph for ", font.display())), "{}", ran.err);
        assert!(ran.err.contains(names), "{names}: {}", ran.err);
        assert!(ran.err.contains("hint: ") && ran.err.contains("--font FILE") && ran.err.contains("fonts-noto-cjk"), "{}", ran.err);
        assert!(!file.exists() && !html.exists(), "all or nothing");
    }
}

#[test]
fn whatever_people_write_is_printed_or_refused() {
    let Some(font) = western_font() else { return };
    let mut random = fastrand::Rng::with_seed(7);
    // Latin with marks, Greek, Hebrew, Arabic with marks, Devanagari, Thai, joiners and directions, Han, emoji with their joiners, all.
    let blocks = [
        (0x20, 0x17f),
        (0x300, 0x36f),
        (0x370, 0x3ff),
        (0x590, 0x5ff),
        (0x600, 0x6ff),
        (0x900, 0x97f),
        (0xe00, 0xe7f),
        (0x2000, 0x206f),
        (0x4e00, 0x4eff),
        (0xfe00, 0xfe0f),
        (0x1f300, 0x1f6ff),
        (0x1f1e6, 0x1f1ff),
        (0xe0000, 0xe007f),
        (0x0, 0x10ffff),
    ];
    let (mut printed, mut refused) = (0, 0);
    for _ in 0..300 {
        let some = (1..=random.usize(1..4)).map(|_| *random.choice(&blocks).unwrap()).collect::<Vec<_>>();
        let text: String = (0..random.usize(1..120))
            .filter_map(|_| {
                let (from, until) = some[random.usize(..some.len())];
                char::from_u32(random.u32(from..=until))
            })
            .collect();
        let told = full_of(&text);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("page.pdf");
        let ran = print(&told.stage().socket(), &[file.to_str().unwrap(), "--font", font.to_str().unwrap()]);
        match ran.code {
            0 => printed += 1,
            2 if ran.err.contains("has no glyph for") => refused += 1,
            _ => panic!("{text:?}: {}", ran.err),
        }
        assert_eq!(file.exists(), ran.code == 0);
    }
    assert!(printed > 20 && refused > 20, "{printed} printed, {refused} refused");
}

#[test]
fn arguments_that_make_no_sense_are_refused_before_the_daemon_is_troubled() {
    let nowhere = Path::new("/nonexistent/socket");
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage.ttf");
    std::fs::write(&garbage, "no font at all, but long enough for a header of one").unwrap();
    let garbage = garbage.to_str().unwrap();
    for (arguments, says) in [
        (&["print"][..], "NUMBER"),
        (&["print", "WO-1"], "--pdf"),
        (&["print", "WO-1", "page.txt"], "page.txt ends neither in .pdf nor in .html"),
        (&["print", "WO-1", "page"], "ends neither"),
        (&["print", "WO-1", "a.pdf", "--pdf", "b.pdf"], "one is enough"),
        (&["print", "WO-1", "--html", "-", "--pdf", "-"], "the same place"),
        (&["print", "WO-1", "--html", "x", "--pdf", "x"], "the same place"),
        (&["print", "WO-1", "--html", "-", "--json"], "standard output"),
        (&["print", "WO-1", "a.html", "--language", "de"], "[possible values: zh, en]"),
        (&["print", "WO-1", "a.html", "--expected-revision", "3"], "means nothing"),
        (&["print", "WO-1", "a.html", "--request-id", "3"], "means nothing"),
        (&["print", "WO-1", "a.pdf", "--font-index", "3"], "--font"),
        (&["print", "WO-1", "a.pdf", "--font", "/nonexistent.ttf"], "/nonexistent.ttf: No such file"),
        (&["print", "WO-1", "a.pdf", "--font", "/dev/zero"], "/dev/zero: is no font"),
        (&["print", "WO-1", "a.pdf", "--font", garbage], "garbage.ttf: is no font"),
    ] {
        let ran = run_at(nowhere, arguments);
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains(says), "{arguments:?}: {ran:?}");
    }
    if let Some(font) = chinese_font() {
        let ran = run_at(nowhere, &["print", "WO-1", "a.pdf", "--font", font.to_str().unwrap(), "--font-index", "99"]);
        assert!(ran.code == 2 && ran.err.contains("fonts, 0 to "), "{ran:?}");
    }
    assert_eq!(run_at(nowhere, &["print", "WO-1", "a.html"]).code, 3);
}

#[test]
fn a_font_that_is_cut_off_or_altered_is_refused_or_does_but_never_ends_the_program() {
    let Some(font) = western_font() else { return };
    let whole = std::fs::read(font).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (bad, file) = (folder.path().join("bad.ttf"), folder.path().join("page.pdf"));
    let stage = english().stage();
    let mut random = fastrand::Rng::with_seed(3);
    for at in 0..40 {
        let mut bytes = whole.clone();
        if at % 2 == 0 {
            bytes.truncate(random.usize(..whole.len()));
        } else {
            // In the directory of tables, or anywhere.
            let within = if at % 4 == 1 { 300 } else { whole.len() };
            (0..30).for_each(|_| bytes[random.usize(..within)] = random.u8(..));
        }
        std::fs::write(&bad, bytes).unwrap();
        let ran = print(&stage.socket(), &[file.to_str().unwrap(), "--font", bad.to_str().unwrap()]);
        assert!(matches!(ran.code, 0 | 2), "{}: {}", ran.code, ran.err);
    }
}

#[test]
fn a_page_goes_to_standard_output_or_replaces_a_file_as_a_whole() {
    let Some(font) = western_font() else { return };
    let font = font.to_str().unwrap();
    let stage = english().stage();
    let ran = print(&stage.socket(), &["--pdf", "-", "--font", font]);
    assert!(ran.code == 0 && ran.out.starts_with(b"%PDF-") && ran.out.ends_with(b"%%EOF"), "{}", ran.err);
    let folder = tempfile::tempdir().unwrap();
    let (pdf, html) = (folder.path().join("PAGE.PDF"), folder.path().join("页.html"));
    let (pdf_name, html_name) = (pdf.to_str().unwrap(), html.to_str().unwrap());
    for _ in 0..2 {
        let ran = print(&stage.socket(), &[pdf_name, "--html", html_name, "--font", font]);
        let told = format!("WO-20261122-000017 written to {html_name}\nWO-20261122-000017 written to {pdf_name} (1 page)\n");
        assert_eq!((ran.code, String::from_utf8(ran.out).unwrap()), (0, told));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing beside them");
    }
    let ran = print(&stage.socket(), &[pdf_name, "--json", "--font", font]);
    let document: Value = serde_json::from_slice(&ran.out).unwrap();
    assert_eq!(document, json!({ "number": "WO-20261122-000017", "pdf": { "path": pdf_name, "pages": 1, "font": font } }));
    let ran = print(&stage.socket(), &["/nonexistent/page.html"]);
    assert_eq!((ran.code, ran.err.as_str()), (74, "workorderctl: /nonexistent/page.html: No such file or directory (os error 2)\n"));
    // What was there stays where the new one cannot be written.
    std::fs::create_dir(folder.path().join("PAGE.PDF.part")).unwrap();
    let before = std::fs::read(&pdf).unwrap();
    let ran = print(&stage.socket(), &[pdf_name, "--font", font]);
    assert_eq!((ran.code, std::fs::read(&pdf).unwrap() == before), (74, true));
}

#[test]
fn of_a_history_that_is_not_told_as_a_whole_it_is_said_that_the_page_may_lack_something() {
    let mut told = english();
    told.more = true;
    let ran = print(&told.stage().socket(), &["--html", "-"]);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("what was done earlier may be missing on the page"), "{}", ran.err);
}

#[test]
fn of_a_collection_the_font_for_simplified_chinese_is_taken_unless_another_is_named() {
    let Some(font) = noto() else { return };
    for (more, name) in [(&[][..], "NotoSansCJKsc-Regular"), (&["--font-index", "0"], "NotoSansCJKjp-Regular")] {
        let (_folder, file) = chinese().pdf(font, more);
        let Some(fonts) = tool("pdffonts", &[file.to_str().unwrap()]) else { return };
        let fonts = String::from_utf8(fonts).unwrap();
        assert!(fonts.contains(name), "{fonts}");
    }
}

#[test]
fn a_card_has_the_code_and_the_words_and_nothing_of_the_customer() {
    let company = ["--card", "--company", "上海安达电梯服务有限公司", "--logo", "安达 <&>"];
    let page = chinese().html(&company);
    for told in
        ["<svg", "安达 &lt;&amp;&gt;", "上海安达电梯服务有限公司", "https://service.example/e/AAAA", "WO-20261122-000017", "size: A6"]
    {
        assert!(page.contains(told), "{told}: {page}");
    }
    for kept in ["王伟", "海港酒店", "13800138000", "三楼客梯", "客户签字"] {
        assert!(!page.contains(kept), "{kept}: {page}");
    }
    let Some(font) = chinese_font() else { return };
    let (_folder, file) = chinese().pdf(font, &company);
    let Some(text) = text_of(&file) else { return };
    assert_eq!(text.len(), 1, "one card");
    let text = close(&text.concat());
    for told in ["上海安达电梯服务有限公司", "https://service.example/e/AAAA", "WO-20261122-000017", "请扫描二维码"] {
        assert!(text.contains(&close(told)), "{told}: {text}");
    }
    assert!(!text.contains("王伟") && !text.contains("三楼客梯"), "{text}");
    let about = String::from_utf8(tool("pdfinfo", &[file.to_str().unwrap()]).unwrap()).unwrap();
    assert!(about.contains("297.64 x 419.53") && !about.contains("三楼客梯"), "{about}");

    // A name that leaves no room, and a Work Order without a code.
    let long = "名".repeat(400);
    let to = file.to_str().unwrap();
    let ran = print(&chinese().stage().socket(), &[to, "--font", font.to_str().unwrap(), "--card", "--company", &long]);
    assert!(ran.code != 0 && ran.err.contains("leaves no room for the code"), "{}", ran.err);
    let mut none = chinese();
    none.order["invitations"] = json!([]);
    let ran = print(&none.stage().socket(), &["--html", "-", "--card"]);
    assert!(ran.code != 0 && ran.out.is_empty() && ran.err.contains("has no QR code"), "{} {}", ran.code, ran.err);
    let ran = print(&chinese().stage().socket(), &["--html", "-", "--card", "--no-code"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
}
