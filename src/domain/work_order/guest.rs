//! A guest who raises a Work Order: nobody of the directory, so what they leave of themselves is part of it (INT-6).

use super::state::words;
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, NAME_MAX, PersonalText};
use serde::{Deserialize, Serialize};

/// Longest phone number, in characters.
const PHONE_MAX: usize = 40;
/// Fewest digits of a phone number.
const DIGITS_MIN: usize = 3;

words!(
    /// What a guest leaves beside the name, as the settings ask.
    Leaves { PhoneOrEmail = "phone-or-email", Phone = "phone", Email = "email", Both = "both" }
);

/// What a guest left. There is always a name, and a way to reach them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Guest {
    name: PersonalText,
    phone: Option<PersonalText>,
    email: Option<PersonalText>,
    language: Box<str>,
}

/// What a guest gives, unchecked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GivenGuest {
    pub name: String,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub language: Option<String>,
}

impl Guest {
    /// What they left, to be erased.
    pub fn personal(&mut self) -> [Option<&mut PersonalText>; 3] {
        [Some(&mut self.name), self.phone.as_mut(), self.email.as_mut()]
    }

    /// Takes what is enough.
    ///
    /// # Errors
    /// The field that is missing or wrong.
    pub fn new(given: &GivenGuest, leaves: Leaves) -> Result<Self, Rejection> {
        let there = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(ToOwned::to_owned);
        let name = text::line("guest.name", &given.name, NAME_MAX)?;
        let phone = there(&given.phone).map(|phone| self::phone(&phone)).transpose()?;
        let email = there(&given.email).map(|email| text::email("guest.email", &email)).transpose()?;
        let missing = match leaves {
            Leaves::PhoneOrEmail => {
                (phone.is_none() && email.is_none()).then_some(("guest.phone", "a phone number or an e-mail address is needed"))
            }
            Leaves::Phone => phone.is_none().then_some(("guest.phone", "a phone number is needed")),
            Leaves::Email => email.is_none().then_some(("guest.email", "an e-mail address is needed")),
            Leaves::Both if phone.is_none() => Some(("guest.phone", "a phone number is needed")),
            Leaves::Both => email.is_none().then_some(("guest.email", "an e-mail address is needed")),
        };
        if let Some((field, problem)) = missing {
            return Err(Rejection::invalid(field, problem));
        }
        let language = given.language.as_deref().filter(|text| !text.is_empty()).unwrap_or("en");
        let personal = |text: Box<str>| PersonalText(Some(text));
        Ok(Self {
            name: personal(name),
            phone: phone.map(personal),
            email: email.map(personal),
            language: text::language("language", language)?,
        })
    }

    /// What they are called.
    pub fn name(&self) -> &PersonalText {
        &self.name
    }

    /// Where they are called.
    pub fn phone(&self) -> Option<&PersonalText> {
        self.phone.as_ref()
    }

    /// Where they are mailed.
    pub fn email(&self) -> Option<&PersonalText> {
        self.email.as_ref()
    }

    /// What they are mailed in.
    pub fn language(&self) -> &str {
        &self.language
    }
}

fn phone(text: &str) -> Result<Box<str>, Rejection> {
    let line = text::line("guest.phone", text, PHONE_MAX)?;
    if line.chars().filter(char::is_ascii_digit).count() < DIGITS_MIN {
        return Err(Rejection::invalid("guest.phone", format!("{text:?} is no phone number")));
    }
    Ok(line)
}
