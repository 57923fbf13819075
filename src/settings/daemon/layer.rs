//! One layer of settings: checked values by key, each with where it came from, as a source for the `config` crate.

use super::keys::{KEYS, Key};
use crate::domain::nearest;
use config::{ConfigError, Map, Source, Value, ValueKind};
use serde::Serialize;
use std::fmt;
use std::path::Path;

/// What the names of all variables of the settings begin with.
pub const PREFIX: &str = "WORKORDERD_";

/// Credentials of systemd, and the keys that hold the paths of such secrets.
pub const CREDENTIALS: [(&str, &str); 8] = [
    ("smtp-password", "mail.password_file"),
    ("link-secret", "links.secret_file"),
    ("sms-secret", "sms.secret_file"),
    ("wechat-secret", "wechat.secret_file"),
    ("wechat-mini-program-secret", "wechat.mini_program_secret_file"),
    ("wechat-push-token", "wechat.push_token_file"),
    ("calls-token", "calls.token_file"),
    ("calls-push-token", "calls.push_token_file"),
];

/// A problem with a setting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SettingProblem {
    /// The file with its line (`/etc/workorderd/workorderd.toml:12`), the environment variable, or the flag.
    pub source: String,
    /// The key, for example `mail.host`; empty where it is about a file as a whole.
    pub key: String,
    /// A lower-case fragment that says what is wrong.
    pub problem: String,
    /// What would be right, where that can be told.
    pub hint: Option<String>,
}

impl fmt::Display for SettingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.source)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.problem)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Values of one layer.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    pub values: Vec<(&'static str, Value)>,
    /// Keys that were written, also where their value is no good, with where.
    pub written: Vec<(&'static str, String)>,
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.values.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    }
}

impl Layer {
    /// Takes a checked value.
    pub fn put(&mut self, key: &Key, kind: ValueKind, origin: &str) {
        self.values.push((key.name, Value::new(Some(&origin.to_owned()), kind)));
    }

    /// The built-in defaults.
    pub fn defaults() -> Self {
        let mut layer = Self::default();
        for key in &KEYS {
            // A default is good by construction, which a test holds; the zone's is UTC, which everybody knows.
            if let Some(Ok(kind)) = key.default.map(|text| key.shape.from_text(text, |_| true)) {
                layer.put(key, kind, "default");
            }
        }
        layer
    }

    /// Secrets that systemd hands over in a folder (`LoadCredential=`), see [`CREDENTIALS`].
    /// They do not count as written: a credential that nothing needs is no mistake.
    pub fn credentials(folder: &Path) -> Self {
        let mut layer = Self::default();
        for (credential, name) in CREDENTIALS {
            let path = folder.join(credential);
            if let Some(key) = Key::find(name)
                && path.is_file()
            {
                layer.put(key, ValueKind::String(path.display().to_string()), &format!("credential {credential}"));
            }
        }
        layer
    }

    /// A layer of texts: each with its source for people, its key as written, and its value.
    pub fn texts(entries: &[(String, String, String)], zone_known: fn(&str) -> bool, problems: &mut Vec<SettingProblem>) -> Self {
        let mut layer = Self::default();
        for (source, name, text) in entries {
            let mut report = |problem: String, hint: Option<String>| {
                problems.push(SettingProblem { source: source.clone(), key: name.clone(), problem, hint });
            };
            let Some(key) = Key::find(name) else {
                let names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
                let spelled = |meant: &str| {
                    if source.starts_with(PREFIX) {
                        format!("{PREFIX}{}", meant.replacen('.', "__", 1).to_uppercase())
                    } else {
                        meant.to_owned()
                    }
                };
                let meant = nearest::nearest(name, names.iter().copied()).map(|meant| format!("did you mean {}?", spelled(meant)));
                report("unknown key".to_owned(), meant.or_else(|| Some(format!("known are {}", names.join(", ")))));
                continue;
            };
            layer.written.push((key.name, source.clone()));
            match key.shape.from_text(text, zone_known) {
                Ok(kind) => layer.put(key, kind, source),
                Err((problem, hint)) => report(problem, hint),
            }
        }
        layer
    }
}
