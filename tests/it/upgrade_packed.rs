//! A data folder in a text file, small enough to be kept beside the tests: what of each file is not zero, in base64, line by line.
//! What is packed comes out byte for byte.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use data_encoding::BASE64;

/// Bytes that are looked at together: a piece of zeros alone is left out.
const PIECE: usize = 96;

fn files(folder: &Path, under: &str, out: &mut Vec<String>) {
    for entry in fs::read_dir(folder.join(under)).unwrap().map(Result::unwrap) {
        let name = format!("{under}{}{}", if under.is_empty() { "" } else { "/" }, entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() { files(folder, &name, out) } else { out.push(name) }
    }
}

/// The text of a folder, in the order of names.
pub fn pack(folder: &Path) -> String {
    let mut names = Vec::new();
    files(folder, "", &mut names);
    names.sort();
    let mut out = String::new();
    for name in names {
        let bytes = fs::read(folder.join(&name)).unwrap();
        writeln!(out, "file {} {name}", bytes.len()).unwrap();
        for (n, piece) in bytes.chunks(PIECE).enumerate().filter(|(_, piece)| piece.iter().any(|b| *b != 0)) {
            writeln!(out, "{} {}", n * PIECE, BASE64.encode(piece)).unwrap();
        }
    }
    out
}

/// Makes the folder that a text is of.
pub fn unpack(text: &str, folder: &Path) {
    let mut file: Option<(String, Vec<u8>)> = None;
    let write = |file: Option<(String, Vec<u8>)>| {
        if let Some((name, bytes)) = file {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    };
    for line in text.lines() {
        let (head, rest) = line.split_once(' ').unwrap();
        if head == "file" {
            let (length, name) = rest.split_once(' ').unwrap();
            write(file.replace((name.to_owned(), vec![0; length.parse().unwrap()])));
        } else {
            let piece = BASE64.decode(rest.as_bytes()).unwrap();
            let at: usize = head.parse().unwrap();
            file.as_mut().unwrap().1[at..at + piece.len()].copy_from_slice(&piece);
        }
    }
    write(file);
}
