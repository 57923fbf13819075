//! Accounts and contacts found by what somebody types (INT-3): every one folded once, when it becomes durable, and read from its fold.
//!
//! Two foldings. Exact: NFKC and case (reading 22). Fuzzy: also without accents and points, so that "muller" finds "Müller".
//! Marks that make another letter of a letter (か and が, a virama) stay.

use super::phone::{self, Number};
use crate::domain::directory::{Account, Contact};
use crate::domain::ids::{AccountId, ContactId};
use crate::domain::text::PersonalText;
use caseless::Caseless;
use memchr::memmem::Finder;
use std::collections::{BTreeMap, BTreeSet};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// Fewest Unicode characters of a fuzzy look-up (reading 22).
pub const LEAST: usize = 2;

/// An entry that can be found. Accounts come before contacts of the same name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Account(AccountId),
    Contact(ContactId),
}

/// What of an entry was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matched {
    Name,
    /// Its own id, the account number of an account.
    Number,
    /// The number of the account that a contact belongs to.
    Account,
    Email,
    Phone,
}

/// How well an entry was met, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Exact,
    Prefix,
    WordStart,
    Inside,
}

/// One that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub who: Who,
    pub matched: Matched,
}

/// The best, and whether there are more; how many more is told nowhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub hits: Vec<Hit>,
    pub more: bool,
}

/// All entries that can be found.
///
/// Their lines stand side by side, in order of name: a look-up reads ten megabytes for 100,000, and a change moves one block alone.
#[derive(Debug, Default)]
pub struct LookUp {
    /// None is empty.
    blocks: Vec<Block>,
    known: BTreeMap<Who, Known>,
    /// What each whole name, e-mail and phone leads to.
    wholes: BTreeMap<Box<str>, BTreeMap<Who, Matched>>,
}

/// Where an entry stands.
#[derive(Debug)]
struct Known {
    name: Box<str>,
    wholes: Vec<(Box<str>, Matched)>,
}

/// Most entries of a block.
const BLOCK: usize = 512;

#[derive(Debug, Default)]
struct Block {
    rows: Vec<Row>,
    text: String,
}

#[derive(Debug)]
struct Row {
    name: Box<str>,
    who: Who,
    /// Where its lines begin in the text of the block.
    from: usize,
    folded: Folded,
}

/// Of the lines of an entry: name, id, account; then what not everybody may read: e-mail, digits of the phone. A line break stands before
/// and behind each.
#[derive(Debug)]
struct Folded {
    /// Where what everybody may read ends.
    open: usize,
    /// Where the digits begin.
    digits: usize,
    phone: Option<Number>,
}

/// What is typed, folded.
#[derive(Debug)]
pub struct Query {
    exact: String,
    whole: String,
    words: Vec<Word>,
    number: Option<Number>,
    is_exact: Finder<'static>,
    is_prefix: Finder<'static>,
}

#[derive(Debug)]
struct Word {
    text: String,
    finder: Finder<'static>,
    /// Where it is digits with signs between them, as phones are written: the digits.
    digits: Option<String>,
}

/// Folded for equality: trimmed, NFKC, case.
pub fn fold(text: &str) -> String {
    text.trim().nfkc().default_case_fold().nfkc().collect()
}

/// Folded for the fuzzy look-up: also without accents and points, blanks as one.
pub fn loosen(text: &str) -> String {
    // Below: marks that make another letter; above 200: over and under it; 10 to 36: points of Hebrew and Arabic.
    let accent = |c: &char| matches!(canonical_combining_class(*c), 10..=36 | 200..=255);
    let plain: String = text.nfkd().default_case_fold().nfkd().filter(|c| !accent(c)).nfc().collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Query {
    /// What is typed.
    pub fn new(text: &str) -> Self {
        let whole = loosen(text);
        let word = |text: &str| {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            let digits = (phone::signs(text) && !digits.is_empty() && digits != text).then_some(digits);
            Word { text: text.to_owned(), finder: Finder::new(text).into_owned(), digits }
        };
        Self {
            exact: fold(text),
            words: whole.split(' ').filter(|word| !word.is_empty()).map(word).collect(),
            number: Number::read(&whole),
            is_exact: Finder::new(&format!("\n{whole}\n")).into_owned(),
            is_prefix: Finder::new(&format!("\n{whole}")).into_owned(),
            whole,
        }
    }

    /// How many Unicode characters are looked for, without blanks.
    pub fn characters(&self) -> usize {
        self.whole.chars().filter(|c| *c != ' ').count()
    }

    /// As much of an entry's lines as words are looked for in. Whoever may not read phones and e-mails cannot feel for them character
    /// by character either; and a number of several words is met as a number alone: short words of digits are somewhere in most phones.
    fn scope<'a>(&self, lines: &'a str, entry: &Folded, reads_all: bool) -> &'a str {
        let to = match (reads_all, self.number.is_some() && self.words.len() > 1) {
            (false, _) => entry.open,
            (true, true) => entry.digits,
            (true, false) => lines.len(),
        };
        lines.get(..to).unwrap_or(lines)
    }

    /// Whether something of an entry is the whole query, or begins with it.
    fn begins(&self, lines: &str) -> Option<(Rank, Matched)> {
        let prefix = self.is_prefix.find(lines.as_bytes())?;
        let (rank, at) = self.is_exact.find(lines.as_bytes()).map_or((Rank::Prefix, prefix), |whole| (Rank::Exact, whole));
        Some((rank, matched_at(lines, at + 1)))
    }

    /// Whether every word is somewhere in an entry.
    fn holds(&self, lines: &str, entry: &Folded) -> Option<(Rank, Matched)> {
        let mut first = None;
        for word in &self.words {
            let digits = || {
                let own = word.digits.as_deref()?;
                lines.get(entry.digits..)?.find(own).map(|at| entry.digits + at)
            };
            first.get_or_insert(word.finder.find(lines.as_bytes()).or_else(digits)?);
        }
        let starts = self.words.iter().all(|word| begins_a_word(lines, &word.text));
        Some((if starts { Rank::WordStart } else { Rank::Inside }, matched_at(lines, first?)))
    }

    /// The word to go by: the longest of those that are written as they are looked for.
    fn guide(&self) -> Option<&Finder<'static>> {
        self.words.iter().filter(|word| word.digits.is_none()).max_by_key(|word| word.text.len()).map(|word| &word.finder)
    }
}

/// What stands at a place of the lines.
fn matched_at(lines: &str, place: usize) -> Matched {
    match lines.bytes().take(place).filter(|b| *b == b'\n').count() {
        0 | 1 => Matched::Name,
        2 => Matched::Number,
        3 => Matched::Account,
        4 => Matched::Email,
        _ => Matched::Phone,
    }
}

/// Whether a word stands in a text where one begins.
fn begins_a_word(text: &str, word: &str) -> bool {
    let begins = |(at, _): (usize, &str)| text.get(..at).and_then(|before| before.chars().next_back()).is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(word).any(begins)
}

impl Block {
    fn insert(&mut self, at: usize, mut row: Row, lines: &str) {
        row.from = self.rows.get(at).map_or(self.text.len(), |next| next.from);
        self.text.insert_str(row.from, lines);
        self.rows.insert(at, row);
        self.rows.iter_mut().skip(at + 1).for_each(|row| row.from += lines.len());
    }

    fn remove(&mut self, at: usize) {
        let length = self.lines(at).len();
        let row = self.rows.remove(at);
        self.text.replace_range(row.from..row.from + length, "");
        self.rows.iter_mut().skip(at).for_each(|row| row.from -= length);
    }

    fn lines(&self, at: usize) -> &str {
        let to = self.rows.get(at + 1).map_or(self.text.len(), |next| next.from);
        self.rows.get(at).and_then(|row| self.text.get(row.from..to)).unwrap_or("")
    }

    /// The second half of a block that has become too large.
    fn split(&mut self) -> Option<Self> {
        let at = self.rows.len() / 2;
        let from = self.rows.get(at).filter(|_| self.rows.len() > BLOCK)?.from;
        let mut rows = self.rows.split_off(at);
        rows.iter_mut().for_each(|row| row.from -= from);
        Some(Self { rows, text: self.text.split_off(from) })
    }

    /// Each entry once in whose lines something stands, in order.
    fn each<'a>(&'a self, finder: &'a Finder<'static>) -> impl Iterator<Item = usize> + 'a {
        let mut from = 0;
        std::iter::from_fn(move || {
            let place = from + finder.find(self.text.as_bytes().get(from..)?)?;
            let at = self.rows.partition_point(|row| row.from <= place) - 1;
            from = self.rows.get(at + 1).map_or(self.text.len(), |next| next.from);
            Some(at)
        })
    }

    fn place(&self, name: &str, who: &Who) -> Result<usize, usize> {
        self.rows.binary_search_by(|row| (&*row.name, &row.who).cmp(&(name, who)))
    }
}

impl LookUp {
    /// Takes a durable account in.
    pub fn take_account(&mut self, account: &Account) {
        self.put(Who::Account(account.id.clone()), account.id.as_str(), &account.name, account.disabled, [None; 3]);
    }

    /// Takes a durable contact in.
    pub fn take_contact(&mut self, contact: &Contact) {
        let text = |text: &'_ Option<PersonalText>| text.as_ref().and_then(|text| text.0.clone());
        let (email, mobile) = (text(&contact.email), text(&contact.mobile));
        let more = [contact.account.as_ref().map(AccountId::as_str), email.as_deref(), mobile.as_deref()];
        self.put(Who::Contact(contact.id.clone()), contact.id.as_str(), &contact.name, contact.disabled, more);
    }

    /// What is disabled or erased is found no more.
    fn put(&mut self, who: Who, id: &str, name: &PersonalText, disabled: bool, [account, email, mobile]: [Option<&str>; 3]) {
        self.forget(&who);
        let Some(name) = name.0.as_deref().filter(|_| !disabled || mutant!("look-up-finds-disabled")) else { return };
        let part = |text: Option<&str>| text.map(loosen).unwrap_or_default();
        let key = loosen(name);
        let mut lines = format!("\n{key}\n{}\n{}\n", loosen(id), part(account));
        let open = lines.len();
        lines.push_str(&part(email));
        lines.push('\n');
        let digits = lines.len();
        lines.extend(part(mobile).chars().filter(char::is_ascii_digit));
        lines.push('\n');
        let phone = Number::read(&part(mobile));
        let mut wholes = vec![(fold(name), Matched::Name)];
        wholes.extend(email.map(|text| (fold(text), Matched::Email)));
        wholes.extend(mobile.map(|text| (fold(text), Matched::Phone)));
        wholes.extend(phone.as_ref().map(|phone| (phone.key(), Matched::Phone)));
        let wholes: Vec<(Box<str>, Matched)> = wholes.into_iter().map(|(text, matched)| (text.into(), matched)).collect();
        for (whole, matched) in &wholes {
            self.wholes.entry(whole.clone()).or_default().entry(who.clone()).or_insert(*matched);
        }
        let name: Box<str> = key.into();
        self.known.insert(who.clone(), Known { name: name.clone(), wholes });
        self.insert(Row { name, who, from: 0, folded: Folded { open, digits, phone } }, &lines);
    }

    /// The block an entry is in, or belongs into.
    fn block(&self, name: &str, who: &Who) -> usize {
        let before = |block: &Block| block.rows.last().is_some_and(|last| (&*last.name, &last.who) < (name, who));
        self.blocks.partition_point(before)
    }

    fn insert(&mut self, row: Row, lines: &str) {
        if self.blocks.is_empty() {
            self.blocks.push(Block::default());
        }
        let no = self.block(&row.name, &row.who).min(self.blocks.len() - 1);
        let Some(block) = self.blocks.get_mut(no) else { return };
        let (Ok(at) | Err(at)) = block.place(&row.name, &row.who);
        block.insert(at, row, lines);
        if let Some(second) = block.split() {
            self.blocks.insert(no + 1, second);
        }
    }

    fn forget(&mut self, who: &Who) {
        let Some(known) = self.known.remove(who) else { return };
        for (whole, _) in &known.wholes {
            if let Some(those) = self.wholes.get_mut(whole) {
                those.remove(who);
                if those.is_empty() {
                    self.wholes.remove(whole);
                }
            }
        }
        let no = self.block(&known.name, who);
        let Some(block) = self.blocks.get_mut(no) else { return };
        if let Ok(at) = block.place(&known.name, who) {
            block.remove(at);
        }
        if block.rows.is_empty() {
            self.blocks.remove(no);
        }
    }

    /// Those in which every word is a part of something; the best first, of equals by name.
    pub fn fuzzy(&self, query: &Query, most: usize, reads_all: bool) -> Found {
        if query.words.is_empty() {
            return Found::default();
        }
        let mut best: BTreeMap<(Rank, usize, usize), Matched> = BTreeMap::new();
        // One more than is told shows that there are more; what is met comes in order of name, so the first of a rank are its best.
        let mut seen = [0; 4];
        let mut note = |seen: &mut [usize; 4], (rank, matched): (Rank, Matched), no: usize, at: usize| {
            if let Some(seen) = seen.get_mut(rank as usize).filter(|seen| **seen <= most) {
                *seen += 1;
                best.insert((rank, no, at), matched);
            }
        };
        let numbers = query.number.as_ref().filter(|_| reads_all);
        // First what begins with it: there is little of that, and often it is enough.
        for (no, block) in self.blocks.iter().enumerate() {
            for at in block.each(&query.is_prefix) {
                let Some(row) = block.rows.get(at) else { continue };
                if let Some(met) = query.begins(query.scope(block.lines(at), &row.folded, reads_all)) {
                    note(&mut seen, met, no, at);
                }
            }
        }
        seen = [0; 4];
        for (no, block) in self.blocks.iter().enumerate().filter(|_| numbers.is_some()) {
            for (at, row) in block.rows.iter().enumerate() {
                if let Some(rank) = numbers.zip(row.folded.phone.as_ref()).and_then(|(asked, phone)| asked.meets(phone)) {
                    note(&mut seen, (rank, Matched::Phone), no, at);
                }
            }
        }
        let guide = query.guide();
        let better: BTreeSet<(usize, usize)> =
            best.keys().filter(|(rank, ..)| *rank < Rank::WordStart).map(|(_, no, at)| (*no, *at)).collect();
        let (mut starting, mut inside, mut enough) = (0, 0, better.len() > most);
        for (no, block) in self.blocks.iter().enumerate() {
            let candidates: Box<dyn Iterator<Item = usize>> = match guide {
                _ if enough => break,
                Some(finder) => Box::new(block.each(finder)),
                None => Box::new(0..block.rows.len()),
            };
            for at in candidates {
                let Some(row) = block.rows.get(at) else { continue };
                let lines = query.scope(block.lines(at), &row.folded, reads_all);
                if better.contains(&(no, at)) {
                    continue;
                }
                let Some((rank, matched)) = query.holds(lines, &row.folded) else { continue };
                starting += usize::from(rank == Rank::WordStart);
                inside += usize::from(rank == Rank::Inside);
                if rank == Rank::WordStart || inside <= most + 1 {
                    best.entry((rank, no, at)).or_insert(matched);
                }
                if starting > most {
                    enough = true;
                    break;
                }
            }
        }
        self.of(best, most)
    }

    /// In order of rank, each once.
    fn of(&self, best: BTreeMap<(Rank, usize, usize), Matched>, most: usize) -> Found {
        let mut told = BTreeSet::new();
        let rows = best.into_iter().filter(|((_, no, at), _)| told.insert((*no, *at)));
        let hit = |((_, no, at), matched): ((Rank, usize, usize), Matched)| {
            Some(Hit { who: self.blocks.get(no)?.rows.get(at)?.who.clone(), matched })
        };
        Found::of(rows.filter_map(hit).take(most + 1).collect(), most)
    }

    /// Those whose whole name, phone or e-mail it is, by name. A phone is the same however its digits are set apart.
    pub fn exact(&self, query: &Query, most: usize) -> Found {
        let keys = [Some(query.exact.clone()), query.number.as_ref().map(Number::key)];
        let mut met: BTreeMap<(&str, &Who), Matched> = BTreeMap::new();
        for (who, matched) in keys.iter().flatten().filter_map(|key| self.wholes.get(key.as_str())).flatten() {
            let name = self.known.get(who).map_or("", |known| &*known.name);
            met.entry((name, who)).or_insert(*matched);
        }
        Found::of(met.into_iter().take(most + 1).map(|((_, who), matched)| Hit { who: who.clone(), matched }).collect(), most)
    }
}

impl Found {
    fn of(mut hits: Vec<Hit>, most: usize) -> Self {
        let more = hits.len() > most;
        hits.truncate(most);
        Self { hits, more }
    }
}

impl Matched {
    /// Its name in the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Number => "number",
            Self::Account => "account",
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}
