//! What a browser sends when a form is handed in, as answers for the daemon.
//!
//! Fields of a template stand behind `a.`, so that none of them is taken for a field of the page.

use crate::protocol::guest::{Answer, Photo};

/// Stands before the name of a question whose photos come with the form.
pub const FILE: &str = "f.";
/// Stands before the name of a question for which a photo was brought before: its hash, a blank and its name.
pub const KEPT: &str = "p.";

/// What was filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filled {
    /// Of the page that was filled in, so that handing it in twice is once.
    pub request: String,
    /// Answers of an evaluation; what was left empty is none.
    pub answers: Vec<Answer>,
    /// Of a confirmation: whether it is solved.
    pub solved: Option<bool>,
    pub reason: String,
    pub language: Option<String>,
}

impl Filled {
    /// Reads a body of `application/x-www-form-urlencoded`. Nothing can be wrong with it that the daemon would not say.
    pub fn read(body: &[u8]) -> Self {
        let mut filled = Self::default();
        form_urlencoded::parse(body).for_each(|(key, value)| filled.take(&key, &value));
        filled
    }

    /// Takes what stands in one field of the page.
    pub fn take(&mut self, key: &str, value: &str) {
        match (key, value.trim()) {
            ("request", text) => text.clone_into(&mut self.request),
            ("solved", text) => self.solved = Some(text == "yes"),
            ("reason", text) => text.clone_into(&mut self.reason),
            ("lang", text) => self.language = Some(text.to_owned()),
            (_, "") => {}
            (key, text) => {
                if let Some(field) = key.strip_prefix("a.") {
                    // Browsers send line breaks as two characters.
                    let value = text.replace("\r\n", "\n");
                    self.answers.push(Answer { field: field.to_owned(), value, photo: None });
                } else if let (Some(field), Some((hash, name))) = (key.strip_prefix(KEPT), text.split_once(' ')) {
                    self.photo(field, hash, name);
                }
            }
        }
    }

    /// A photo that the daemon has.
    pub fn photo(&mut self, field: &str, hash: &str, name: &str) {
        let photo = Photo { hash: hash.to_owned(), name: name.to_owned() };
        self.answers.push(Answer { field: field.to_owned(), value: String::new(), photo: Some(photo) });
    }

    /// Photos that answer a field.
    pub fn photos(&self, field: &str) -> impl Iterator<Item = &Photo> {
        self.answers.iter().filter(move |answer| answer.field == field).filter_map(|answer| answer.photo.as_ref())
    }

    /// What was answered to a field.
    pub fn answer(&self, field: &str) -> Option<&str> {
        self.answers.iter().find(|answer| answer.field == field).map(|answer| answer.value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_sends_becomes_answers_and_empty_ones_are_none() {
        let filled = Filled::read(
            "request=ab&a.overall=4&a.comment=%E5%BE%88%E5%A5%BD%0D%0Aok&a.x=&solved=no&reason=+drips+&lang=zh&y=1".as_bytes(),
        );
        let answers = [("overall", "4"), ("comment", "很好\nok")].map(|(field, value)| Answer {
            field: field.into(),
            value: value.into(),
            photo: None,
        });
        let wanted = Filled {
            request: "ab".into(),
            answers: answers.to_vec(),
            solved: Some(false),
            reason: "drips".into(),
            language: Some("zh".into()),
        };
        assert_eq!(filled, wanted);
        assert_eq!(filled.answer("overall"), Some("4"));
        assert_eq!(Filled::read(b"%ff%00=&&&=").answers, []);
        let filled = Filled::read("a.x=1&p.damage=00ff+%E9%97%A8+1.jpg&p.damage=".as_bytes());
        let photo = Photo { hash: "00ff".into(), name: "门 1.jpg".into() };
        assert_eq!(filled.photos("damage").collect::<Vec<_>>(), [&photo]);
    }
}
