//! What a browser sends when a form is handed in, as answers for the daemon.
//!
//! Fields of a template stand behind `a.`, so that none of them is taken for a field of the page.

use crate::protocol::guest::Answer;

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
        for (key, value) in form_urlencoded::parse(body) {
            match (&*key, value.trim()) {
                ("request", text) => filled.request = text.to_owned(),
                ("solved", text) => filled.solved = Some(text == "yes"),
                ("reason", text) => filled.reason = text.to_owned(),
                ("lang", text) => filled.language = Some(text.to_owned()),
                (_, "") => {}
                (key, text) => {
                    if let Some(field) = key.strip_prefix("a.") {
                        // Browsers send line breaks as two characters.
                        filled.answers.push(Answer { field: field.to_owned(), value: text.replace("\r\n", "\n") });
                    }
                }
            }
        }
        filled
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
        let answers = [("overall", "4"), ("comment", "很好\nok")].map(|(field, value)| Answer { field: field.into(), value: value.into() });
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
    }
}
