//! Settings files: which there are, and each as a layer, with the line of every value.

use super::keys::{KEYS, SECTIONS, Shape};
use super::layer::{Layer, SettingProblem};
use super::peer;
use crate::settings::problem::{Place, Problem, Sink};
use crate::settings::toml_reader::{File, Table};
use config::ValueKind;
use std::io::Read;
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// Largest settings file, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The files that are there, in the order of their layers: the main file and what stands in `conf.d` beside it.
pub fn find(main: &Path, must_be_there: bool, problems: &mut Vec<SettingProblem>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if must_be_there || main.exists() {
        found.push(main.to_owned());
    }
    let folder = main.parent().map_or_else(|| PathBuf::from("conf.d"), |parent| parent.join("conf.d"));
    if !folder.is_dir() {
        return found;
    }
    match std::fs::read_dir(&folder).and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()) {
        Ok(mut paths) => {
            let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            paths.retain(|path| path.extension().is_some_and(|ext| ext == "toml") && !hidden(path));
            paths.sort();
            found.append(&mut paths);
        }
        Err(error) => problems.push(whole(&folder, format!("cannot be listed: {error}"))),
    }
    found
}

/// Reads one file as a layer.
pub fn read(path: &Path, zone_known: fn(&str) -> bool, problems: &mut Vec<SettingProblem>) -> Layer {
    let mut text = String::new();
    let opened = std::fs::File::open(path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text));
    match opened {
        Err(error) => problems.push(whole(path, format!("cannot be read: {error}"))),
        Ok(_) if text.len() as u64 > FILE_BYTES_MAX => problems.push(whole(path, format!("is larger than {FILE_BYTES_MAX} bytes"))),
        Ok(_) => return layer(&path.display().to_string(), &text, zone_known, problems),
    }
    Layer::default()
}

fn whole(path: &Path, problem: String) -> SettingProblem {
    SettingProblem { source: path.display().to_string(), key: String::new(), problem, hint: None }
}

fn origin(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

/// A text of TOML as a layer.
fn layer(name: &str, text: &str, zone_known: fn(&str) -> bool, problems: &mut Vec<SettingProblem>) -> Layer {
    let sink = Sink::default();
    let mut layer = Layer::default();
    {
        let file = File::new(name, text, &sink);
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            sink.report(&file.place(error.span().map_or(0, |span| span.start), String::new()), format!("not valid TOML: {message}"));
        }
        if errors.is_empty() {
            let root = file.root(document.get_ref());
            for section in SECTIONS {
                if let Some(table) = root.table(section) {
                    read_section(section, &table, zone_known, &mut layer);
                }
            }
            root.finish();
        }
    }
    let settings_problem =
        |p: Problem| SettingProblem { source: format!("{}:{}", p.file, p.line), key: p.key, problem: p.problem, hint: p.hint };
    problems.extend(sink.into_problems().into_iter().map(settings_problem));
    layer
}

fn read_section(section: &str, table: &Table<'_>, zone_known: fn(&str) -> bool, layer: &mut Layer) {
    for key in KEYS.iter().filter(|key| key.parts().0 == section) {
        let name = key.parts().1;
        let place = table.place_of(name);
        if table.has(name) {
            layer.written.push((key.name, origin(&place)));
        }
        let value = match key.shape {
            Shape::Number(..) => table.number(name).map(|found| key.shape.number(found.value)),
            Shape::Flag => table.has(name).then(|| Ok(ValueKind::Boolean(table.flag(name, false)))),
            Shape::Peers => table.has(name).then(|| Ok(ValueKind::Array(peer::read(table, origin)))),
            _ => table.text(name).map(|found| key.shape.check_text(found.value, zone_known).map(ValueKind::String)),
        };
        table.known(name);
        match value {
            None => {}
            Some(Ok(kind)) => layer.put(key, kind, &origin(&place)),
            Some(Err((problem, hint))) => table.sink().put(&place, problem, hint),
        }
    }
    table.finish();
}
