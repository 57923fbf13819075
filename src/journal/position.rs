//! Where a record lies: segment number and byte offset in one `u64`.
//! Invariant: positions sort as the records do, and 0 is no record's position (segments count from 1).
//! What lies at a position is for `Reader` to say.

use std::fmt;

/// Number of a segment (1 and up); shown as its file name, `00000001.seg`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName(pub u32);

impl SegmentName {
    /// The number in a file name of the form `00000001.seg`, or `None` for any other name.
    pub fn parse(file: &str) -> Option<Self> {
        let digits = file.strip_suffix(".seg")?;
        let number: u32 = digits.parse().ok()?;
        (number > 0 && SegmentName(number).to_string() == file).then_some(SegmentName(number))
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}.seg", self.0)
    }
}

impl fmt::Debug for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Position of a record: segment number in the upper, byte offset in the lower 32 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

impl Position {
    /// No record: what the first record of an aggregate has as its previous one.
    pub const NONE: Position = Position(0);

    /// The place `offset` bytes into segment `segment`.
    pub fn new(segment: u32, offset: u32) -> Self {
        Position(u64::from(segment) << 32 | u64::from(offset))
    }

    /// Segment number.
    pub fn segment(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Byte offset within the segment.
    pub fn offset(self) -> u32 {
        self.0 as u32
    }

    /// The segment's file name.
    pub fn file(self) -> SegmentName {
        SegmentName(self.segment())
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file(), self.offset())
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
