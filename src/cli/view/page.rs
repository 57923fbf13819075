//! What every view needs besides the shapes: how wide the page is, whether it is coloured, and how times are told.

use super::paint::Paint;
use super::times::Times;

/// The page that is written on.
#[derive(Debug, Clone)]
pub struct Page {
    /// Columns of a line.
    pub width: usize,
    /// Colours.
    pub paint: Paint,
    /// Now, and the time zone.
    pub times: Times,
}
