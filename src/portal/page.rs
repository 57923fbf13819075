//! The pages themselves, made for a phone, without scripts: pure functions from what the daemon tells to HTML.
//!
//! Keeps: every text is escaped, by the macro that makes the pages.

use maud::{DOCTYPE, Markup, html};

use super::answers::{FILE, Filled, KEPT};
use super::words::{Language, Words};
use crate::protocol::guest::{Answer, Field, Given, Shown};

/// Sent as it is.
pub const STYLE: &str = include_str!("style.css");
/// Longest text that a field takes, in characters; the daemon counts more strictly.
const LONGEST: usize = 5_000;
/// Scales up to this one are drawn as stars, longer ones as numbers.
const STARS_MAX: usize = 5;

/// What all pages of one company share.
#[derive(Debug, Clone)]
pub struct Look {
    pub company: String,
    /// Path that links begin with.
    pub path: String,
    /// Path that receipts of messages come to.
    pub receipts: String,
}

/// A page that says something, in a few words.
pub struct Notice<'a> {
    pub title: &'a str,
    pub text: &'a str,
}

fn frame(look: &Look, words: &Words, title: &str, about: Option<&Shown>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words.tag) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                meta name="format-detection" content="telephone=no";
                title { (title) @if !look.company.is_empty() { " – " (look.company) } }
                link rel="stylesheet" href={ (look.path) "style.css" };
            }
            body {
                header {
                    span.company { (look.company) }
                    @if about.is_some_and(|shown| shown.open) { a href={ "?lang=" (words.other.0) } lang=(words.other.0) { (words.other.1) } }
                }
                main {
                    h1 { (title) }
                    @if let Some(shown) = about {
                        p.about { (words.about) " " (shown.number) @if !shown.subject.is_empty() { br; q { (shown.subject) } } }
                    }
                    (body)
                }
            }
        }
    }
}

/// A page with a title and a sentence.
pub fn notice(look: &Look, language: Language, notice: &Notice<'_>, about: Option<&Shown>) -> String {
    frame(look, language.words(), notice.title, about, &html! { p { (notice.text) } }).into_string()
}

/// What a link asks. `wrong` is a field that was not answered well, and `filled` what was answered.
pub fn form(look: &Look, shown: &Shown, filled: &Filled, wrong: Option<&str>) -> String {
    let words = Language::of(&shown.language).words();
    let title = match shown.purpose.as_str() {
        "confirm" => words.confirm_title,
        _ => shown.template.as_deref().unwrap_or_default(),
    };
    let body = html! {
        @if wrong.is_some() { p.wrong role="alert" { (words.check) } }
        form method="post" accept-charset="utf-8" enctype=[shown.fields.iter().any(|field| field.kind == "photos").then_some("multipart/form-data")] {
            input type="hidden" name="request" value=(filled.request);
            input type="hidden" name="lang" value=(shown.language);
            @if shown.purpose == "confirm" {
                (confirmation(words, filled, wrong))
            } @else {
                @for field in &shown.fields { (question(words, field, filled, wrong == Some(field.name.as_str()))) }
                button.send type="submit" { (words.send) }
            }
        }
    };
    frame(look, words, title, Some(shown), &body).into_string()
}

fn confirmation(words: &Words, filled: &Filled, wrong: Option<&str>) -> Markup {
    html! {
        button.send type="submit" name="solved" value="yes" { (words.solved) }
        div.question {
            label for="reason" { (words.reason) }
            @if wrong.is_some() { p.wrong { (words.needed) } }
            textarea id="reason" name="reason" rows="3" maxlength=(LONGEST) { (filled.reason) }
        }
        button.other type="submit" name="solved" value="no" { (words.not_solved) }
    }
}

fn question(words: &Words, field: &Field, filled: &Filled, wrong: bool) -> Markup {
    let name = format!("a.{}", field.name);
    let given = filled.answer(&field.name);
    let hint = if field.required { words.required } else { words.optional };
    let stars = field.kind.starts_with("stars-");
    html! {
        @if field.kind == "text" {
            div.question {
                label for=(name) { (field.title) " " small { (hint) } }
                @if wrong { p.wrong { (words.needed) } }
                textarea id=(name) name=(name) rows="4" maxlength=(LONGEST) required[field.required] { (given.unwrap_or_default()) }
            }
        } @else if field.kind == "photos" {
            (photos(words, field, filled, wrong))
        } @else {
            fieldset.question {
                legend { (field.title) " " small { (hint) } }
                @if wrong { p.wrong { (words.needed) } }
                div class=(if stars && field.options.len() <= STARS_MAX { "stars" } else if stars { "scale" } else { "choices" }) {
                    @for option in &field.options {
                        label {
                            input type="radio" name=(name) value=(option.name) required[field.required] checked[given == Some(option.name.as_str())];
                            span {
                                @if stars && field.options.len() <= STARS_MAX { b aria-hidden="true" { "★" } i { (option.name) } }
                                @else { (told(words, field, &option.name, &option.title)) }
                            }
                        }
                    }
                }
                @if stars { p.ends aria-hidden="true" { span { (words.stars.0) } span { (words.stars.1) } } }
            }
        }
    }
}

/// Photos: a phone offers its camera and what it has. What has been brought stays when the page is shown once more.
fn photos(words: &Words, field: &Field, filled: &Filled, wrong: bool) -> Markup {
    let name = format!("{FILE}{}", field.name);
    let max = field.max.unwrap_or(1);
    let hint = if field.required { words.required } else { words.optional };
    let brought: Vec<_> = filled.photos(&field.name).collect();
    html! {
        div.question {
            label for=(name) { (field.title) " " small { (hint) } }
            @if wrong { p.wrong { (words.photos_wrong) } }
            @for photo in &brought {
                input type="hidden" name={ (KEPT) (field.name) } value={ (photo.hash) " " (photo.name) };
                p.brought { "✓ " (photo.name) }
            }
            @if (brought.len() as i64) < max {
                input type="file" id=(name) name=(name) accept="image/jpeg,image/png,image/webp,image/heic,image/heif" multiple[max > 1]
                    required[field.required && brought.is_empty()];
            }
            p.hint { (words.photos.replace("#", &max.to_string())) }
        }
    }
}

/// The title of an answer: yes and no have ours.
fn told<'a>(words: &Words, field: &Field, name: &str, title: &'a str) -> &'a str
where
    'static: 'a,
{
    match (field.kind.as_str(), name) {
        ("yes-no", "yes") => words.yes,
        ("yes-no", "no") => words.no,
        _ => title,
    }
}

/// What was given through a link that is for one answer.
pub fn given(look: &Look, shown: &Shown, given: &Given) -> String {
    let words = Language::of(&shown.language).words();
    let field = |answer: &Answer| shown.fields.iter().find(|field| field.name == answer.field);
    let title = |answer: &Answer| field(answer).map_or_else(|| answer.field.clone(), |field| field.title.clone());
    let value = |answer: &Answer| -> String {
        let Some(field) = field(answer) else { return answer.value.clone() };
        match (field.kind.strip_prefix("stars-"), field.options.iter().find(|option| option.name == answer.value)) {
            (Some(scale), _) => format!("{} / {scale}", answer.value),
            (None, Some(option)) => told(words, field, &option.name, &option.title).to_owned(),
            (None, None) => answer.value.clone(),
        }
    };
    let body = html! {
        p { (words.given_text) }
        dl {
            @for (index, answer) in given.answers.iter().enumerate() {
                // Several photos are several answers to one question.
                @if index.checked_sub(1).is_none_or(|before| given.answers[before].field != answer.field) { dt { (title(answer)) } }
                dd { (value(answer)) }
            }
        }
    };
    frame(look, words, words.given, Some(shown), &body).into_string()
}
