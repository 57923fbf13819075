//! The manifest of a back-up: what `workorderctl backup` writes last, and what `workorderd restore` holds the files against.

use serde::{Deserialize, Serialize};

/// The manifest's name in the folder of a back-up.
pub const MANIFEST: &str = "manifest.json";
/// What the manifest calls the format.
pub const FORMAT: &str = "workorderd back-up";
/// The newest version of the format; another one is refused.
pub const VERSION: u32 = 1;

/// What a back-up is of, and its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub format_version: u32,
    /// Version of the daemon.
    pub program: String,
    /// Installation id, hex.
    pub installation: String,
    /// When it began by the daemon's clock, in milliseconds since 1970.
    pub at: i64,
    /// The last record in it.
    pub sequence: u64,
    /// The published end of the chain, `sequence:hash`, for `workorderd verify --head`.
    pub head: String,
    /// Whether the secret of links is in it.
    pub with_secret: bool,
    /// All files but this one.
    pub files: Vec<File>,
}

/// A file of a back-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Path in the folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// BLAKE3 of its content, hex.
    pub hash: String,
}

impl Manifest {
    /// The manifest in a text.
    ///
    /// # Errors
    /// It is none, or of a version that is not known; in words.
    pub fn parse(text: &str) -> Result<Manifest, String> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(|e| format!("it is not JSON: {e}"))?;
        if value.get("format").and_then(serde_json::Value::as_str) != Some(FORMAT) {
            return Err("it is not the manifest of a workorderd back-up".to_owned());
        }
        match value.get("formatVersion").and_then(serde_json::Value::as_u64) {
            Some(version) if version == u64::from(VERSION) => {}
            Some(version) => {
                return Err(format!("it is of format version {version}, this program knows {VERSION}: use the program that wrote it"));
            }
            None => return Err("it does not say its format version".to_owned()),
        }
        let manifest: Manifest = serde_json::from_value(value).map_err(|e| format!("it is damaged: {e}"))?;
        match manifest.files.iter().find(|file| !is_name(&file.name)) {
            Some(file) => Err(format!("it names {:?}, which is no file of a back-up", file.name)),
            None => Ok(manifest),
        }
    }
}

/// Whether this is the path of a file of a back-up. Nothing that a daemon or a manifest says leads out of the folder.
pub fn is_name(name: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if let Some(segment) = name.strip_prefix("journal/") {
        return segment.strip_suffix(".seg").is_some_and(|n| n.len() >= 8 && n.len() <= 10 && n.bytes().all(|b| b.is_ascii_digit()));
    }
    match name.strip_prefix("attachments/").and_then(|rest| rest.split_once('/')) {
        Some((start, hash)) => hash.len() == 64 && hex(hash) && start == &hash[..2],
        None => matches!(name, "installation" | "secret"),
    }
}
