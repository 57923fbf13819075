//! Turns a name and an address as people type them into an address that mail can be sent to.
//! Invariant: an [`Address`] holds no line break, control or direction-changing character, and its address is plain ASCII
//! of the form `local@domain`; nothing later in the way of a mail checks again, and lettre panics where this is broken.
//! Whether anybody reads mail there is left to the mail server.

use std::fmt;

use super::message::ENCODED_WORD_START;

/// The longest e-mail address, in bytes.
pub const MAX_ADDRESS_BYTES: usize = 320;
/// The longest display name, in characters.
pub const MAX_NAME_CHARACTERS: usize = 200;

const MAX_LOCAL_BYTES: usize = 64;
const MAX_DOMAIN_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// A display name and an e-mail address that have passed [`clean`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    name: Option<String>,
    address: String,
}

impl Address {
    /// The display name, in any script; `None` when there is none.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The e-mail address, `local@domain`, ASCII.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What stands before the `@`.
    pub fn local(&self) -> &str {
        self.address.split_once('@').map_or("", |(local, _)| local)
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> &str {
        self.address.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

/// Why a name or an address is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    /// The display name holds a line break.
    #[error("name: holds a line break")]
    NameLineBreak,
    /// The display name holds a control character or one that changes the direction of writing.
    #[error("name: holds the control character U+{:04X}", u32::from(*character))]
    NameControl {
        /// The character.
        character: char,
    },
    /// The display name looks like an encoded word (RFC 2047), which would show as something else.
    #[error("name: holds `=?`, the start of an encoded word")]
    NameEncoded,
    /// The display name is longer than [`MAX_NAME_CHARACTERS`].
    #[error("name: {characters} characters are more than {MAX_NAME_CHARACTERS}")]
    NameTooLong {
        /// How long it is, in characters.
        characters: usize,
    },
    /// There is no address.
    #[error("address: empty")]
    Empty,
    /// The address holds a line break.
    #[error("address: holds a line break")]
    LineBreak,
    /// The address holds a control character.
    #[error("address: holds the control character U+{:04X}", u32::from(*character))]
    Control {
        /// The character.
        character: char,
    },
    /// The address is longer than [`MAX_ADDRESS_BYTES`].
    #[error("address: {bytes} bytes are more than {MAX_ADDRESS_BYTES}")]
    TooLong {
        /// How long it is, in bytes.
        bytes: usize,
    },
    /// The address holds a character outside ASCII; few mail servers take those (SMTPUTF8).
    #[error("address: `{character}` is outside ascii, which mail servers do not take; give an international domain in its xn-- form")]
    NotAscii {
        /// The first such character.
        character: char,
    },
    /// There is no `@`.
    #[error("address: has no @")]
    NoAt,
    /// What stands before the `@` is not allowed there.
    #[error("address: before the @: {why}")]
    Local {
        /// What is wrong.
        why: &'static str,
    },
    /// What stands behind the `@` is not the name of a mail domain.
    #[error("address: behind the @: {why}")]
    Domain {
        /// What is wrong.
        why: &'static str,
    },
}

/// Checks a display name and an e-mail address. Spaces around either are taken off; an empty name means none.
///
/// # Errors
/// An [`AddressProblem`] that names field and reason. Nothing is repaired: a line break is refused, not removed.
pub fn clean(name: &str, address: &str) -> Result<Address, AddressProblem> {
    let name = clean_name(name)?;
    let address = clean_address(address)?;
    Ok(Address { name, address })
}

fn clean_name(name: &str) -> Result<Option<String>, AddressProblem> {
    for character in name.chars() {
        if breaks_line(character) {
            return Err(AddressProblem::NameLineBreak);
        }
        if character.is_control() || changes_direction(character) {
            return Err(AddressProblem::NameControl { character });
        }
    }
    let name = name.trim();
    if name.contains(ENCODED_WORD_START) {
        return Err(AddressProblem::NameEncoded);
    }
    let characters = name.chars().count();
    if characters > MAX_NAME_CHARACTERS {
        return Err(AddressProblem::NameTooLong { characters });
    }
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

fn clean_address(address: &str) -> Result<String, AddressProblem> {
    for character in address.chars() {
        if breaks_line(character) {
            return Err(AddressProblem::LineBreak);
        }
        if character.is_control() || changes_direction(character) {
            return Err(AddressProblem::Control { character });
        }
    }
    let address = address.trim();
    if address.is_empty() {
        return Err(AddressProblem::Empty);
    }
    if address.len() > MAX_ADDRESS_BYTES {
        return Err(AddressProblem::TooLong { bytes: address.len() });
    }
    if let Some(character) = address.chars().find(|character| !character.is_ascii()) {
        return Err(AddressProblem::NotAscii { character });
    }
    let (local, domain) = address.rsplit_once('@').ok_or(AddressProblem::NoAt)?;
    check_local(local).map_err(|why| AddressProblem::Local { why })?;
    check_domain(domain).map_err(|why| AddressProblem::Domain { why })?;
    Ok(address.to_owned())
}

/// The dot-atom of RFC 5322; the quoted form is refused, nobody has such an address.
fn check_local(local: &str) -> Result<(), &'static str> {
    if local.is_empty() {
        return Err("empty");
    }
    if local.len() > MAX_LOCAL_BYTES {
        return Err("longer than 64 bytes");
    }
    if local.split('.').any(str::is_empty) {
        return Err("a dot at the start, at the end or behind another dot");
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&byte);
    if !local.bytes().all(allowed) {
        return Err("only letters, digits and .!#$%&'*+-/=?^_`{|}~ are allowed");
    }
    Ok(())
}

fn check_domain(domain: &str) -> Result<(), &'static str> {
    if domain.is_empty() {
        return Err("empty");
    }
    if domain.len() > MAX_DOMAIN_BYTES {
        return Err("longer than 253 bytes");
    }
    for label in domain.split('.') {
        if label.is_empty() {
            return Err("a dot at the start, at the end or behind another dot");
        }
        if label.len() > MAX_LABEL_BYTES {
            return Err("a part longer than 63 bytes");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("a part that starts or ends with a hyphen");
        }
        if !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err("only letters, digits, hyphens and dots are allowed");
        }
    }
    Ok(())
}

/// Line feed, carriage return, vertical tab, form feed, next line, and the line and paragraph separators of Unicode.
pub(super) fn breaks_line(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters that make the rest of a line read backwards, which is how a name or subject is made to look like another.
pub(super) fn changes_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
