//! Which font the PDF is set with: the one that was named, else the first of the usual ones that has a glyph for everything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::face::{FontFile, load};
use crate::cli::failure::Failure;

/// Where systems keep fonts that have Chinese, the better ones first; at last one that has none, for pages that hold none.
const PLACES: [&str; 14] = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-vf-fonts/NotoSansCJK-VF.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/wenquanyi/wqy-zenhei/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
];

/// How many characters without a glyph are named.
const NAMED: usize = 8;

const NONE: &str = "no font is in one of the usual places, and a PDF needs one";
/// What to do about a font.
const HINT: &str = "name another font with --font FILE or WORKORDERCTL_FONT; Debian's package fonts-noto-cjk has one for Chinese. \
                    --html needs none";

/// The fonts that may be set with, the first one first.
#[derive(Debug)]
pub enum Fonts {
    /// The one that was named, and which of the collection.
    Named(PathBuf, Option<u32>),
    /// Those that are here.
    Usual(Vec<PathBuf>),
}

/// The one that was named, or those in the usual places.
///
/// # Errors
/// There is none, or the one that was named is none.
pub fn find(named: Option<&Path>, index: Option<u32>) -> Result<Fonts, Failure> {
    match named {
        Some(path) => {
            load(path, index).map_err(|problem| Failure::Hinted(problem, HINT))?;
            Ok(Fonts::Named(path.to_owned(), index))
        }
        None => among(PLACES.iter().map(PathBuf::from).filter(|path| path.is_file()).collect()),
    }
}

fn among(there: Vec<PathBuf>) -> Result<Fonts, Failure> {
    if there.is_empty() {
        return Err(Failure::Hinted(NONE.to_owned(), HINT));
    }
    Ok(Fonts::Usual(there))
}

impl Fonts {
    /// Sets with the first one that has a glyph for everything; `set` tells what it lacked.
    ///
    /// # Errors
    /// None has; a font cannot be read.
    pub fn set<R>(&self, set: impl Fn(&FontFile) -> Result<(R, BTreeSet<String>), Failure>) -> Result<R, Failure> {
        let (paths, index) = match self {
            Fonts::Named(path, index) => (std::slice::from_ref(path), *index),
            Fonts::Usual(paths) => (paths.as_slice(), None),
        };
        let (mut best, mut unreadable): (Option<(&Path, BTreeSet<String>)>, _) = (None, None);
        for path in paths {
            let font = match load(path, index) {
                Ok(font) => font,
                Err(problem) => {
                    unreadable.get_or_insert(problem);
                    continue;
                }
            };
            let (done, missing) = set(&font)?;
            if missing.is_empty() || mutant!("boxes-are-printed") {
                return Ok(done);
            }
            if best.as_ref().is_none_or(|(_, fewest)| missing.len() < fewest.len()) {
                best = Some((path, missing));
            }
        }
        let told = best.map(|(path, missing)| lacking(path, &missing)).or(unreadable);
        Err(Failure::Hinted(told.unwrap_or_else(|| NONE.to_owned()), HINT))
    }
}

/// Which characters, each as it is and by its number.
fn lacking(path: &Path, missing: &BTreeSet<String>) -> String {
    let number = |c: char| format!("U+{:04X}", u32::from(c));
    let one = |text: &String| format!("{text} ({})", text.chars().map(number).collect::<Vec<_>>().join(" "));
    let named: Vec<String> = missing.iter().take(NAMED).map(one).collect();
    let more = if missing.len() > NAMED { format!(" and {} more", missing.len() - NAMED) } else { String::new() };
    let what = if missing.len() == 1 { "a character" } else { "characters" };
    format!("the font {} has no glyph for {what} of this page: {}{more}", path.display(), named.join(", "))
}
