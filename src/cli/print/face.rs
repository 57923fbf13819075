//! A font as it was loaded, and texts turned into its glyphs.
//! Keeps: a character that the font has no glyph for is written down, so that the page is refused and never has a box on it.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::str::FromStr;
use std::sync::Arc;

use harfrust::{Direction, Language, ShapeOptions, Shaper, ShaperData, ShaperInstance, UnicodeBuffer};
use krilla::text::{Font, GlyphId, KrillaGlyph, Tag};
use skrifa::raw::FileRef;
use skrifa::string::StringId;
use skrifa::{FontRef, MetadataProvider};

/// Largest font that is read, in bytes; collections for all of Chinese, Japanese and Korean have 20 to 120 MiB.
const FILE_MOST: u64 = 512 << 20;
/// Weight of fonts that have several: the usual one, which is not always the one they begin with.
const WEIGHT: f32 = 400.0;

/// A font that was loaded from a file.
pub struct FontFile {
    pub path: PathBuf,
    data: Arc<Vec<u8>>,
    index: u32,
    weighs: bool,
    /// For the PDF.
    pub font: Font,
}

/// Loads a font; `index` is which one of a collection.
///
/// # Errors
/// In words: why it is none.
pub fn load(path: &Path, index: Option<u32>) -> Result<FontFile, String> {
    let told = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let about = std::fs::metadata(path).map_err(|e| told(&e))?;
    if !about.is_file() || about.len() > FILE_MOST {
        return Err(told(&"is no font"));
    }
    let data = Arc::new(std::fs::read(path).map_err(|e| told(&e))?);
    let file = FileRef::new(&data).map_err(|_| told(&"is no font (TTF, OTF or TTC)"))?;
    let fonts: Vec<FontRef<'_>> = file.fonts().filter_map(Result::ok).collect();
    let index = index.unwrap_or_else(|| simplified(&fonts));
    let Some(font) = usize::try_from(index).ok().and_then(|index| fonts.get(index)) else {
        return Err(told(&match fonts.len() {
            0 => "is no font".to_owned(),
            1 => "has one font, which is number 0".to_owned(),
            many => format!("has {many} fonts, 0 to {}", many - 1),
        }));
    };
    if font.outline_glyphs().format().is_none() {
        return Err(told(&"has pictures and no outlines, which a page for paper needs"));
    }
    let weighs = font.axes().get_by_tag(skrifa::Tag::new(b"wght")).is_some();
    let shared: Arc<dyn AsRef<[u8]> + Send + Sync> = data.clone();
    let coordinates: &[(Tag, f32)] = if weighs { &[(Tag::new(b"wght"), WEIGHT)] } else { &[] };
    let font = Font::new_variable(shared.into(), index, coordinates).ok_or_else(|| told(&"is a font that cannot be read"))?;
    Ok(FontFile { path: path.to_owned(), data, index, weighs, font })
}

/// The one of a collection whose forms are those of simplified Chinese, else the first.
fn simplified(fonts: &[FontRef<'_>]) -> u32 {
    let is = |font: &FontRef<'_>| {
        let name = font.localized_strings(StringId::FAMILY_NAME).english_or_first().map(|name| name.to_string()).unwrap_or_default();
        name.split(' ').any(|word| word == "SC")
    };
    fonts.iter().position(is).and_then(|at| u32::try_from(at).ok()).unwrap_or(0)
}

impl FontFile {
    /// Sets texts with it; `language` chooses among forms of a character, where the font has several.
    ///
    /// # Errors
    /// In words: it cannot be read.
    pub fn with<R>(&self, language: &str, set: impl FnOnce(&Face<'_>) -> R) -> Result<R, String> {
        let font = harfrust::FontRef::from_index(&self.data, self.index).map_err(|e| format!("{}: {e}", self.path.display()))?;
        let (data, instance) = (ShaperData::new(&font), ShaperInstance::from_variations(&font, [("wght", WEIGHT)]));
        let shaper = data.shaper(&font).instance(self.weighs.then_some(&instance)).build();
        Ok(set(&Face { shaper, language: Language::from_str(language).ok(), known: RefCell::default(), missing: RefCell::default() }))
    }
}

/// A piece of text as glyphs, from left to right; lengths are parts of the size.
#[derive(Debug, Default)]
pub struct Shaped {
    pub glyphs: Vec<KrillaGlyph>,
    pub width: f32,
}

/// A font while texts are set with it.
pub struct Face<'a> {
    shaper: Shaper<'a>,
    language: Option<Language>,
    /// A page says the same words again and again, and most pieces of Chinese are one character.
    known: RefCell<HashMap<(String, bool), Rc<Shaped>>>,
    missing: RefCell<BTreeSet<String>>,
}

impl Face<'_> {
    /// The glyphs of a piece of one direction; `leftwards`, if it is written from right to left.
    pub fn shape(&self, text: &str, leftwards: bool) -> Rc<Shaped> {
        let key = (text.to_owned(), leftwards);
        if let Some(shaped) = self.known.borrow().get(&key) {
            return shaped.clone();
        }
        let shaped = Rc::new(self.shape_anew(text, leftwards));
        self.known.borrow_mut().insert(key, shaped.clone());
        shaped
    }

    fn shape_anew(&self, text: &str, leftwards: bool) -> Shaped {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(if leftwards { Direction::RightToLeft } else { Direction::LeftToRight });
        if let Some(language) = &self.language {
            buffer.set_language(language.clone());
        }
        buffer.guess_segment_properties();
        let shaped = self.shaper.shape(buffer, ShapeOptions::new());
        let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        starts.push(text.len());
        starts.sort_unstable();
        starts.dedup();
        let scale = 1.0 / self.shaper.units_per_em().max(1) as f32;
        let mut out = Shaped::default();
        for (info, at) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            let start = info.cluster as usize;
            let end = starts.iter().copied().find(|next| *next > start).unwrap_or(text.len());
            if info.glyph_id == 0 {
                self.missing.borrow_mut().insert(text.get(start..end).unwrap_or(text).to_owned());
            }
            let part = |units: i32| units as f32 * scale;
            let (advance, glyph) = (part(at.x_advance), GlyphId::new(info.glyph_id));
            out.glyphs.push(KrillaGlyph::new(glyph, advance, part(at.x_offset), part(at.y_offset), part(at.y_advance), start..end, None));
            out.width += advance;
        }
        out
    }

    /// What the font had no glyph for so far.
    pub fn missing(&self) -> BTreeSet<String> {
        self.missing.borrow().clone()
    }
}
