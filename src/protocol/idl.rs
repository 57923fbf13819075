//! The Varlink interface description language: text to a tree, and the tree back to text (`idl_text` holds the latter and the tokens).
//! Keeps: what parses is whole (no name twice, no type that is not there, no nesting beyond 32), and what is broken is
//! refused with its line. It is a little stricter than the grammar where the Python client is: enums have two values at least,
//! an error has its brackets, no carriage returns.
//! Leaves to others: checking values against the tree (`check`).

use std::collections::HashSet;

use super::idl_text::{Token, Tokens};

/// A parsed interface description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Full name, such as `org.varlink.service`.
    pub name: String,
    /// The comment above it, one line each.
    pub doc: String,
    /// Types in order of the text.
    pub types: Vec<TypeDefinition>,
    /// Methods in order of the text.
    pub methods: Vec<Method>,
    /// Errors in order of the text.
    pub errors: Vec<ErrorDefinition>,
}

/// `type Name (...)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeDefinition {
    /// Its name.
    pub name: String,
    /// The comment above it.
    pub doc: String,
    /// A struct or an enum.
    pub body: Type,
}

/// `method Name(...) -> (...)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its name without the interface.
    pub name: String,
    /// The comment above it.
    pub doc: String,
    /// Parameters of the call.
    pub input: Vec<Field>,
    /// Parameters of the reply.
    pub output: Vec<Field>,
}

/// `error Name (...)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDefinition {
    /// Its name without the interface.
    pub name: String,
    /// The comment above it.
    pub doc: String,
    /// What comes with it.
    pub fields: Vec<Field>,
}

/// One named member of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// The comment above it.
    pub doc: String,
    /// What it holds.
    pub kind: Type,
}

/// What a value may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// true or false
    Bool,
    /// a whole number of 64 bits, signed
    Int,
    /// any number
    Float,
    /// text
    String,
    /// any JSON object
    Object,
    /// a type of the same interface
    Named(String),
    /// fields by name
    Struct(Vec<Field>),
    /// one of these words
    Enum(Vec<String>),
    /// `[]T`
    Array(Box<Type>),
    /// `[string]T`; `[string]()` is a set of strings
    Map(Box<Type>),
    /// `?T`: may be null or absent
    Optional(Box<Type>),
}

/// What is broken in a description.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct IdlError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

/// How deep types may nest in one another.
const DEPTH: usize = 32;

impl Interface {
    /// Reads a description.
    ///
    /// # Errors
    /// [`IdlError`] with the line where it is broken.
    pub fn parse(text: &str) -> Result<Interface, IdlError> {
        let mut parser = Parser { tokens: Tokens::new(text), used: Vec::new() };
        parser.interface()
    }

    /// The method of this name (without the interface).
    pub fn method(&self, name: &str) -> Option<&Method> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// The error of this name (without the interface).
    pub fn error(&self, name: &str) -> Option<&ErrorDefinition> {
        self.errors.iter().find(|error| error.name == name)
    }

    /// The body of the type of this name.
    pub fn type_named(&self, name: &str) -> Option<&Type> {
        self.types.iter().find(|definition| definition.name == name).map(|definition| &definition.body)
    }
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    /// Types named somewhere, with the line: they may be defined below.
    used: Vec<(String, usize)>,
}

impl<'a> Parser<'a> {
    fn interface(&mut self) -> Result<Interface, IdlError> {
        self.keyword("interface")?;
        let doc = self.tokens.doc();
        let name = self.word("the name of the interface")?;
        if !is_interface_name(name) {
            return Err(self.broken(format!("`{name}` is not an interface name such as `org.example.stock`")));
        }
        let mut interface = Interface { name: name.to_owned(), doc, types: Vec::new(), methods: Vec::new(), errors: Vec::new() };
        let mut members = HashSet::new();
        loop {
            let keyword = match self.tokens.next()? {
                Token::End => break,
                Token::Word(word) => word,
                other @ Token::Mark(_) => {
                    return Err(self.unexpected("`type`, `method` or `error`", other));
                }
            };
            if !matches!(keyword, "type" | "method" | "error") {
                return Err(self.unexpected("`type`, `method` or `error`", Token::Word(keyword)));
            }
            let doc = self.tokens.doc();
            let name = self.word("a name")?;
            if !is_member_name(name) {
                return Err(self.broken(format!("`{name}` is not a member name: an upper-case letter, then letters and digits")));
            }
            if !members.insert(name) {
                return Err(self.broken(format!("`{name}` is defined twice")));
            }
            let name = name.to_owned();
            match keyword {
                "type" => {
                    self.mark("(")?;
                    let body = self.brackets(1)?;
                    interface.types.push(TypeDefinition { name, doc, body });
                }
                "method" => {
                    let input = self.fields()?;
                    self.mark("->")?;
                    let output = self.fields()?;
                    interface.methods.push(Method { name, doc, input, output });
                }
                _ => {
                    let fields = self.fields()?;
                    interface.errors.push(ErrorDefinition { name, doc, fields });
                }
            }
        }
        match self.used.iter().find(|(name, _)| interface.type_named(name).is_none()) {
            Some((name, line)) => Err(IdlError { line: *line, reason: format!("type `{name}` is not defined") }),
            None => Ok(interface),
        }
    }

    /// A struct with its brackets, where an enum cannot stand.
    fn fields(&mut self) -> Result<Vec<Field>, IdlError> {
        self.mark("(")?;
        match self.brackets(1)? {
            Type::Struct(fields) => Ok(fields),
            _ => Err(self.broken("fields need a type, such as `name: string`")),
        }
    }

    /// A struct or an enum behind its opening bracket.
    fn brackets(&mut self, depth: usize) -> Result<Type, IdlError> {
        if depth > DEPTH {
            return Err(self.broken(format!("types nested deeper than {DEPTH}")));
        }
        let (mut fields, mut values, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        let mut next = self.tokens.next()?;
        if next == Token::Mark(")") {
            return Ok(Type::Struct(fields));
        }
        loop {
            let Token::Word(name) = next else {
                return Err(self.unexpected("a field name", next));
            };
            let doc = self.tokens.doc();
            if !is_field_name(name) {
                return Err(self.broken(format!("`{name}` is not a field name: letters, digits and single `_` inside")));
            }
            if !seen.insert(name) {
                return Err(self.broken(format!("`{name}` stands twice")));
            }
            let mut end = self.tokens.next()?;
            if end == Token::Mark(":") {
                let kind = self.kind(depth + 1)?;
                fields.push(Field { name: name.to_owned(), doc, kind });
                end = self.tokens.next()?;
            } else {
                values.push(name.to_owned());
            }
            if !fields.is_empty() && !values.is_empty() {
                return Err(self.broken(format!("`{name}`: an enum has values alone, a struct has fields with types alone")));
            }
            match end {
                Token::Mark(")") => break,
                Token::Mark(",") => next = self.tokens.next()?,
                other => return Err(self.unexpected("`,` or `)`", other)),
            }
        }
        match values.len() {
            0 => Ok(Type::Struct(fields)),
            1 => Err(self.broken("an enum needs two values at least (the Python client cannot read one)")),
            _ => Ok(Type::Enum(values)),
        }
    }

    fn kind(&mut self, depth: usize) -> Result<Type, IdlError> {
        if depth > DEPTH {
            return Err(self.broken(format!("types nested deeper than {DEPTH}")));
        }
        Ok(match self.tokens.next()? {
            Token::Word("bool") => Type::Bool,
            Token::Word("int") => Type::Int,
            Token::Word("float") => Type::Float,
            Token::Word("string") => Type::String,
            Token::Word("object") => Type::Object,
            Token::Word(name) if is_member_name(name) => {
                self.used.push((name.to_owned(), self.tokens.line()));
                Type::Named(name.to_owned())
            }
            Token::Mark("(") => self.brackets(depth)?,
            Token::Mark("[]") => Type::Array(Box::new(self.kind(depth + 1)?)),
            Token::Mark("[string]") => Type::Map(Box::new(self.kind(depth + 1)?)),
            Token::Mark("?") => match self.kind(depth + 1)? {
                Type::Optional(_) => return Err(self.broken("`??` says no more than `?`")),
                inner => Type::Optional(Box::new(inner)),
            },
            other => return Err(self.unexpected("a type", other)),
        })
    }

    fn keyword(&mut self, wanted: &str) -> Result<(), IdlError> {
        match self.tokens.next()? {
            Token::Word(word) if word == wanted => Ok(()),
            other => Err(self.unexpected(&format!("`{wanted}`"), other)),
        }
    }

    fn mark(&mut self, wanted: &str) -> Result<(), IdlError> {
        match self.tokens.next()? {
            Token::Mark(mark) if mark == wanted => Ok(()),
            other => Err(self.unexpected(&format!("`{wanted}`"), other)),
        }
    }

    fn word(&mut self, wanted: &str) -> Result<&'a str, IdlError> {
        match self.tokens.next()? {
            Token::Word(word) => Ok(word),
            other => Err(self.unexpected(wanted, other)),
        }
    }

    fn unexpected(&self, wanted: &str, found: Token<'_>) -> IdlError {
        self.broken(format!("expected {wanted}, found {found}"))
    }

    fn broken(&self, reason: impl Into<String>) -> IdlError {
        IdlError { line: self.tokens.line(), reason: reason.into() }
    }
}

/// At least two parts with dots between, the first of letters alone (as the Python client wants it).
fn is_interface_name(name: &str) -> bool {
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default();
    let mut rest = 0;
    for part in parts {
        rest += 1;
        let ends = part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.ends_with(|c: char| c.is_ascii_alphanumeric());
        if !ends || !part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return false;
        }
    }
    rest > 0 && !first.is_empty() && first.chars().all(|c| c.is_ascii_alphabetic())
}

fn is_member_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}

fn is_field_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !name.ends_with('_')
        && !name.contains("__")
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
