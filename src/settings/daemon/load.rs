//! The layers put together by the `config` crate: the typed settings, or every problem of every layer.

use super::build;
use super::files;
use super::layer::{Layer, PREFIX, SettingProblem};
use super::model::Settings;
use config::{Config, Value, ValueKind};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The settings file where none is named.
pub const DEFAULT_FILE: &str = "/etc/workorderd/workorderd.toml";

/// Variables that begin with `WORKORDERD_` and are no settings.
pub const FOREIGN_VARIABLES: [&str; 2] = ["WORKORDERD_CONFIG", "WORKORDERD_SOCKET"];

/// The variable by which systemd names the folder of credentials.
const CREDENTIALS_FOLDER: &str = "CREDENTIALS_DIRECTORY";

/// Where settings come from.
#[derive(Debug, Clone)]
pub struct Sources {
    /// `--config FILE`, which must then be there; none: [`DEFAULT_FILE`], if it is there.
    pub file: Option<PathBuf>,
    /// The environment; of what does not begin with `WORKORDERD_` only `CREDENTIALS_DIRECTORY` is looked at.
    pub environment: Vec<(String, String)>,
    /// Flags as (key, value), for example `("data.dir", "/srv/workorderd")`.
    pub flags: Vec<(String, String)>,
    /// Whether there is a time zone of that IANA name.
    pub zone_known: fn(&str) -> bool,
}

/// Settings, and where each came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub settings: Settings,
    /// The files that were read, in order.
    pub files: Vec<PathBuf>,
    pub(super) values: Merged,
}

/// What is left when all layers lie on each other, by key.
pub(super) type Merged = BTreeMap<String, Value>;

/// Loads all layers. Fails with all problems at once: files in order, then environment, flags, and what does not fit together.
pub fn load(sources: &Sources) -> Result<Loaded, Vec<SettingProblem>> {
    let mut problems = Vec::new();
    let mut layers = vec![Layer::defaults()];
    let folder = sources.environment.iter().find(|(name, _)| name == CREDENTIALS_FOLDER);
    layers.extend(folder.map(|(_, folder)| Layer::credentials(Path::new(folder))));
    let main = sources.file.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let files = files::find(&main, sources.file.is_some(), &mut problems);
    for path in &files {
        layers.push(files::read(path, sources.zone_known, &mut problems));
    }
    layers.push(Layer::texts(&variables(&sources.environment), sources.zone_known, &mut problems));
    let flags: Vec<_> = sources.flags.iter().map(|(key, value)| (format!("flag {key}"), key.clone(), value.clone())).collect();
    layers.push(Layer::texts(&flags, sources.zone_known, &mut problems));
    let written = layers.iter().flat_map(|layer| layer.written.iter().cloned()).collect();
    let mut builder = Config::builder();
    for layer in layers {
        builder = builder.add_source(layer);
    }
    let whole = |problem: String| SettingProblem { source: "settings".to_owned(), key: String::new(), problem, hint: None };
    let values = match builder.build() {
        Ok(config) => flatten(config.cache),
        Err(error) => {
            problems.push(whole(error.to_string()));
            return Err(problems);
        }
    };
    let settings = build::build(&values, &written, &mut problems);
    match settings {
        Some(settings) if problems.is_empty() => Ok(Loaded { settings, files, values }),
        None if problems.is_empty() => Err(vec![whole("a default is missing".to_owned())]),
        _ => Err(problems),
    }
}

/// Variables of the settings as (variable, key, value).
fn variables(environment: &[(String, String)]) -> Vec<(String, String, String)> {
    let mut found: Vec<_> = environment
        .iter()
        .filter(|(name, _)| !FOREIGN_VARIABLES.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.clone(), name.strip_prefix(PREFIX)?.to_lowercase().replacen("__", ".", 1), value.clone())))
        .collect();
    found.sort();
    found
}

fn flatten(root: Value) -> Merged {
    let mut merged = Merged::new();
    if let ValueKind::Table(sections) = root.kind {
        for (section, value) in sections {
            if let ValueKind::Table(keys) = value.kind {
                merged.extend(keys.into_iter().map(|(key, value)| (format!("{section}.{key}"), value)));
            }
        }
    }
    merged
}
