//! Colours, or none: the same text either way, so that width is counted before painting.

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint(pub bool);

/// What a colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A heading, the subject.
    Strong,
    /// Secondary.
    Dim,
    /// Done, sent, well.
    Good,
    /// Here and now, waiting.
    Now,
    /// Failed, overdue, urgent.
    Bad,
}

impl Paint {
    /// `text` in the tone; untouched without colours.
    pub fn tone(self, tone: Tone, text: &str) -> String {
        if !self.0 || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Strong => "1",
            Tone::Dim => "2",
            Tone::Good => "32",
            Tone::Now => "1;33",
            Tone::Bad => "31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}
