//! The text side of the interface description language: its tokens with their lines, and a tree written back as text.
//! Keeps: every byte of a description is read once, and reading back what is written here gives the same tree.
//! Leaves to others: what the tokens mean (`idl`).

use std::fmt::{self, Display, Formatter, Write};

use super::idl::{Field, IdlError, Interface, Type};
use super::varlink::shorten;

/// One word or mark of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name or keyword, dots and hyphens included.
    Word(&'a str),
    /// One of `( ) , : ? [] [string] ->`.
    Mark(&'static str),
    /// The text is over.
    End,
}

impl Display for Token<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Token::Word(word) => write!(f, "`{}`", shorten(word)),
            Token::Mark(mark) => write!(f, "`{mark}`"),
            Token::End => f.write_str("the end"),
        }
    }
}

/// Reads tokens one by one; comments between them are kept as documentation of the next.
pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// Line of the reading point.
    reading: usize,
    /// Line of the last token.
    line: usize,
    doc: String,
}

const MARKS: [&str; 8] = ["[string]", "[]", "->", "(", ")", ",", ":", "?"];

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Tokens<'a> {
        Tokens { rest: text, reading: 1, line: 0, doc: String::new() }
    }

    /// The line of the token read last, counted from 1.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The comment above the token read last; taken once.
    pub(super) fn doc(&mut self) -> String {
        std::mem::take(&mut self.doc)
    }

    pub(super) fn next(&mut self) -> Result<Token<'a>, IdlError> {
        self.skip();
        self.line = self.reading;
        if self.rest.is_empty() {
            return Ok(Token::End);
        }
        if let Some(mark) = MARKS.into_iter().find(|mark| self.rest.starts_with(mark)) {
            self.rest = &self.rest[mark.len()..];
            return Ok(Token::Mark(mark));
        }
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let end = self.rest.find(|c| !word(c)).unwrap_or(self.rest.len());
        // `name->` is a name and an arrow.
        let end = self.rest[..end].strip_suffix('-').map_or(end, str::len);
        if end == 0 {
            let found = self.rest.chars().next().unwrap_or_default();
            return Err(IdlError { line: self.reading, reason: format!("unexpected character {found:?}") });
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(Token::Word(word))
    }

    fn skip(&mut self) {
        self.doc.clear();
        loop {
            let Some(first) = self.rest.as_bytes().first() else {
                return;
            };
            match first {
                b'\n' => {
                    self.reading += 1;
                    self.rest = &self.rest[1..];
                }
                b' ' | b'\t' => self.rest = &self.rest[1..],
                b'#' => {
                    let end = self.rest.find('\n').unwrap_or(self.rest.len());
                    // A comment behind something on the same line does not document what follows.
                    if self.reading != self.line {
                        if !self.doc.is_empty() {
                            self.doc.push('\n');
                        }
                        let text = &self.rest[1..end];
                        self.doc.push_str(text.strip_prefix(' ').unwrap_or(text).trim_end());
                    }
                    self.rest = &self.rest[end..];
                }
                _ => return,
            }
        }
    }
}

impl Display for Interface {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_doc(f, &self.doc, "")?;
        writeln!(f, "interface {}", self.name)?;
        for definition in &self.types {
            f.write_char('\n')?;
            write_doc(f, &definition.doc, "")?;
            writeln!(f, "type {} {}", definition.name, At(&definition.body, 0))?;
        }
        for method in &self.methods {
            f.write_char('\n')?;
            write_doc(f, &method.doc, "")?;
            write!(f, "method {}", method.name)?;
            write_fields(f, &method.input, 0)?;
            f.write_str(" -> ")?;
            write_fields(f, &method.output, 0)?;
            f.write_char('\n')?;
        }
        for error in &self.errors {
            f.write_char('\n')?;
            write_doc(f, &error.doc, "")?;
            write!(f, "error {} ", error.name)?;
            write_fields(f, &error.fields, 0)?;
            f.write_char('\n')?;
        }
        Ok(())
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        At(self, 0).fmt(f)
    }
}

/// A type written at a depth of indentation.
struct At<'a>(&'a Type, usize);

impl Display for At<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Type::Bool => f.write_str("bool"),
            Type::Int => f.write_str("int"),
            Type::Float => f.write_str("float"),
            Type::String => f.write_str("string"),
            Type::Object => f.write_str("object"),
            Type::Named(name) => f.write_str(name),
            Type::Struct(fields) => write_fields(f, fields, self.1),
            Type::Enum(values) => write!(f, "({})", values.join(", ")),
            Type::Array(inner) => write!(f, "[]{}", At(inner, self.1)),
            Type::Map(inner) => write!(f, "[string]{}", At(inner, self.1)),
            Type::Optional(inner) => write!(f, "?{}", At(inner, self.1)),
        }
    }
}

fn write_fields(f: &mut Formatter<'_>, fields: &[Field], depth: usize) -> fmt::Result {
    if fields.is_empty() {
        return f.write_str("()");
    }
    let indent = "  ".repeat(depth + 1);
    f.write_str("(\n")?;
    for (i, field) in fields.iter().enumerate() {
        write_doc(f, &field.doc, &indent)?;
        let comma = if i + 1 < fields.len() { "," } else { "" };
        writeln!(f, "{indent}{}: {}{comma}", field.name, At(&field.kind, depth + 1))?;
    }
    write!(f, "{})", "  ".repeat(depth))
}

fn write_doc(f: &mut Formatter<'_>, doc: &str, indent: &str) -> fmt::Result {
    // Not `lines`, which would lose an empty comment at the end.
    if doc.is_empty() {
        return Ok(());
    }
    for line in doc.split('\n') {
        writeln!(f, "{indent}#{}{line}", if line.is_empty() { "" } else { " " })?;
    }
    Ok(())
}
