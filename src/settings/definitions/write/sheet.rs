//! Lines of TOML: keys with values, quoted as the `toml` crate quotes them.

use crate::domain::label::Label;
use crate::domain::time::Span;
use crate::settings::show_span;
use toml::Value;

/// Longest list on one line, in bytes.
const LINE: usize = 100;

/// A text that grows.
#[derive(Debug, Default)]
pub struct Sheet(String);

impl Sheet {
    /// What was written.
    pub fn into_text(self) -> String {
        self.0
    }

    /// Begins a table of a list, such as `process.node`.
    pub fn table(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(&format!("[[{name}]]\n"));
    }

    /// Begins a table that there is one of, such as `message.wording.sms`.
    pub fn one(&mut self, name: &str) {
        self.0.push_str(&format!("[{name}]\n"));
    }

    /// A value that is TOML already.
    pub fn raw(&mut self, key: &str, value: &str) {
        self.0.push_str(&format!("{key} = {value}\n"));
    }

    /// A text.
    pub fn text(&mut self, key: &str, text: &str) {
        self.raw(key, &quoted(text));
    }

    /// A text, if there is one.
    pub fn some(&mut self, key: &str, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.text(key, text.as_ref());
        }
    }

    /// Yes or no, where it is not what it would be anyway.
    pub fn flag(&mut self, key: &str, flag: bool, default: bool) {
        if flag != default {
            self.raw(key, if flag { "true" } else { "false" });
        }
    }

    /// A whole number, where it is not what it would be anyway.
    pub fn number(&mut self, key: &str, number: u32, default: u32) {
        if number != default {
            self.raw(key, &number.to_string());
        }
    }

    /// A duration, if there is one.
    pub fn span(&mut self, key: &str, span: Option<Span>) {
        self.some(key, span.map(show_span));
    }

    /// A list of values that are TOML already.
    pub fn list(&mut self, key: &str, values: &[String]) {
        self.raw(key, &list(values));
    }

    /// A list of texts.
    pub fn texts<T: AsRef<str>>(&mut self, key: &str, texts: impl IntoIterator<Item = T>) {
        let values: Vec<_> = texts.into_iter().map(|text| quoted(text.as_ref())).collect();
        self.list(key, &values);
    }

    /// A list of texts, if it holds any.
    pub fn names<T: AsRef<str>>(&mut self, key: &str, texts: impl IntoIterator<Item = T>) {
        let mut texts = texts.into_iter().peekable();
        if texts.peek().is_some() {
            self.texts(key, texts);
        }
    }

    /// A text in one language or in several.
    pub fn label(&mut self, key: &str, label: &Label) {
        self.raw(key, &words(label));
    }

    /// A title; left out where it is the name.
    pub fn title(&mut self, title: &Label, name: &str) {
        if *title != Label::from(name) {
            self.label("title", title);
        }
    }
}

/// A text in quotes; one of several lines keeps them.
pub fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// A text in one language, or a table of languages in their order. A tag needs no quotes: it has letters, digits and `-`.
pub fn words(label: &Label) -> String {
    let mut all = label.all();
    match (all.next(), all.next()) {
        (Some(("", text)), None) => quoted(text),
        _ => {
            let parts: Vec<_> = label.all().map(|(tag, text)| format!("{tag} = {}", quoted(text))).collect();
            format!("{{ {} }}", parts.join(", "))
        }
    }
}

/// A name alone, or with a title of its own.
pub fn named(name: &str, title: &Label) -> String {
    let own = *title != Label::from(name);
    if own { format!("{{ name = {}, title = {} }}", quoted(name), words(title)) } else { quoted(name) }
}

/// A list, one value a line where one line would be too long.
pub fn list(values: &[String]) -> String {
    let line = values.join(", ");
    if line.len() <= LINE || values.len() < 2 {
        return format!("[{line}]");
    }
    let lines: String = values.iter().map(|value| format!("    {value},\n")).collect();
    format!("[\n{lines}]")
}
