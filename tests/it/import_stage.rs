//! The stage of the imports: a company on a real daemon, files beside it, and a spreadsheet writer as small as can be.

use std::path::PathBuf;

use serde_json::Value;

use crate::cli_stage::{Ran, run_at};
use crate::real_stage::{Daemon, Home, seed};
use crate::real_tables::sequence;

pub struct Stage {
    pub home: Home,
    pub daemon: Daemon,
}

impl Stage {
    pub fn new() -> Stage {
        let home = Home::new();
        let daemon = home.start();
        seed(&mut daemon.admin());
        Stage { home, daemon }
    }

    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.home.path(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path(name)
    }

    /// `import` with these arguments.
    pub fn import(&self, arguments: &[&str]) -> Ran {
        let all: Vec<&str> = ["import"].into_iter().chain(arguments.iter().copied()).collect();
        run_at(self.daemon.socket(), &all)
    }

    /// An import that must be refused with this code and these words, and leave nothing behind.
    pub fn refused(&self, arguments: &[&str], code: u8, words: &[&str]) {
        let before = sequence(&self.daemon);
        let ran = self.import(arguments);
        let said = format!("{}{}", ran.out, ran.err);
        assert_eq!(ran.code, code, "{arguments:?}: {said}");
        for words in words {
            assert!(said.contains(words), "{arguments:?} does not say {words:?}: {said}");
        }
        assert_eq!(sequence(&self.daemon), before, "{arguments:?} left something");
    }

    pub fn contact(&self, id: &str) -> Value {
        self.daemon.admin().ok("Directory1.GetContact", serde_json::json!({ "id": id }))["contact"].clone()
    }
}

/// An XLSX with one sheet of these rows; a cell is the inside of its `<row>`.
pub fn xlsx(rows: &str) -> Vec<u8> {
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let sheet = format!(
        "{head}<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>"
    );
    let main = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let workbook = format!(
        "{head}<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"{main}\"><sheets>\
         <sheet name=\"人员\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let relations = format!(
        "{head}<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{main}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"r2\" Type=\"{main}/styles\" Target=\"styles.xml\"/></Relationships>"
    );
    let root = format!(
        "{head}<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{main}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    // Style 1 is a day.
    let styles = format!(
        "{head}<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/>\
         <xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
    );
    let types = format!("{head}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"></Types>");
    zip(&[
        ("[Content_Types].xml", &types),
        ("_rels/.rels", &root),
        ("xl/workbook.xml", &workbook),
        ("xl/_rels/workbook.xml.rels", &relations),
        ("xl/styles.xml", &styles),
        ("xl/worksheets/sheet1.xml", &sheet),
    ])
}

/// A cell with a text.
pub fn text(at: &str, text: &str) -> String {
    format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

/// An archive in which nothing is compressed.
fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let offset = out.len() as u32;
        let mut common = Vec::new();
        common.extend([20_u16, 0, 0, 0, 33].iter().flat_map(|n| n.to_le_bytes()));
        let size = content.len() as u32;
        common.extend([crc32fast::hash(content.as_bytes()), size, size].iter().flat_map(|n| n.to_le_bytes()));
        common.extend([name.len() as u16, 0].iter().flat_map(|n| n.to_le_bytes()));
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(content.as_bytes());
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0_u8; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (count, at, size) = (files.len() as u16, out.len() as u32, directory.len() as u32);
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count, count].iter().flat_map(|n| n.to_le_bytes()));
    out.extend([size, at].iter().flat_map(|n| n.to_le_bytes()));
    out.extend([0, 0]);
    out
}
