//! Walks the records in order and holds each against the one before: sequence, chain, group, personal part.
//! Invariant: a walk ends in a clean end, in one torn group at the tail (which only a crash leaves), or in `Damage`;
//! it changes nothing, and it may run while the daemon writes.
//! Repairing the tail is left to `open`.

use std::sync::Arc;

use super::erase::Patch;
use super::error::{Damage, Flaw, IoFailure, JournalError, Why, Witness};
use super::mark::Mark;
use super::position::{Position, SegmentName};
use super::record::{Record, genesis};
use super::segment::SEGMENT_HEADER;
use super::storage::Storage;
use super::view::View;

/// The torn end of a journal: a group that was being written when the machine stopped, never acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Segment file.
    pub segment: SegmentName,
    /// Byte offset of the cut.
    pub offset: u32,
    /// Bytes from the cut to the end of what was written.
    pub bytes: u32,
    /// Valid records behind the cut that go with it.
    pub records: u64,
}

/// The last record passed, and what must follow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passed {
    pub sequence: u64,
    pub hash: [u8; 32],
    pub last: Position,
    pub group: u64,
}

/// Where the records end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail {
    /// Where the next record goes.
    pub end: Position,
    pub torn: Option<Torn>,
    /// The segment behind it, prepared and without a record.
    pub spare: Option<u32>,
}

pub(super) struct Walk {
    storage: Arc<dyn Storage>,
    /// Segments not yet entered, last first.
    ahead: Vec<u32>,
    patches: Vec<Patch>,
    view: View,
    offset: u32,
    passed: Passed,
    /// Where records ended in the segment before, as long as this one has shown none.
    resting: Option<Position>,
    mark: Option<Mark>,
    /// Highest sequence known to have been durable.
    floor: u64,
    tail: Option<Tail>,
}

impl Walk {
    /// Starts at the first record of the first of `segments` (which must not be empty).
    pub(super) fn from_start(
        storage: Arc<dyn Storage>,
        segments: &[u32],
        patches: Vec<Patch>,
        installation: Option<[u8; 16]>,
    ) -> Result<Self, JournalError> {
        let mut ahead: Vec<u32> = segments.iter().rev().copied().collect();
        let first = ahead.pop().unwrap_or(1);
        let view = View::open(storage.as_ref(), first, installation, &patches, 1)?;
        let installation = view.installation();
        Ok(Walk {
            storage,
            ahead,
            patches,
            view,
            offset: SEGMENT_HEADER,
            passed: Passed { sequence: 0, hash: genesis(&installation), last: Position::NONE, group: 0 },
            resting: None,
            mark: None,
            floor: 0,
            tail: None,
        })
    }

    /// Starts behind the record at `position`, which must have this sequence.
    pub(super) fn behind(
        storage: Arc<dyn Storage>,
        segments: &[u32],
        patches: Vec<Patch>,
        installation: [u8; 16],
        (sequence, position): (u64, Position),
    ) -> Result<Self, JournalError> {
        let from = segments.partition_point(|n| *n < position.segment());
        let mut walk = Self::from_start(storage, &segments[from..], patches, Some(installation))?;
        walk.floor = sequence;
        walk.offset = position.offset();
        walk.passed.sequence = sequence - 1;
        let damage = |why| Damage { segment: position.file(), offset: position.offset(), sequence, why };
        match walk.view.look(position.offset())? {
            Ok(length) => {
                let record = walk.view.held(position.offset(), length);
                if record.sequence() != sequence {
                    let found = record.sequence();
                    return Err(damage(Why::Checkpoint { found }).into());
                }
                walk.passed = Passed { sequence, hash: record.hash(), last: position, group: record.group_first() };
                walk.offset = record.end().offset();
                Ok(walk)
            }
            Err(flaw) => {
                let witness = Witness::Floor { sequence };
                Err(damage(Why::Lost { flaw, witness }).into())
            }
        }
    }

    /// Holds the walk against the head mark.
    pub(super) fn with_mark(mut self, mark: Option<Mark>) -> Result<Self, JournalError> {
        if let Some(mark) = mark {
            self.floor = self.floor.max(mark.sequence);
        }
        self.mark = mark;
        self.hold_against_mark()?;
        Ok(self)
    }

    pub(super) fn installation(&self) -> [u8; 16] {
        self.view.installation()
    }

    /// Size of the segment that is being read, bytes.
    pub(super) fn size(&self) -> u32 {
        self.view.size()
    }

    pub(super) fn passed(&self) -> Passed {
        self.passed
    }

    /// Where the records end, once `advance` has returned false.
    pub(super) fn tail(&self) -> Option<Tail> {
        self.tail
    }

    /// The record that `advance` has just passed.
    pub(super) fn current(&self) -> Record<'_> {
        let start = self.passed.last.offset();
        self.view.held(start, (self.offset - start) as usize)
    }

    /// Steps over the next record; false at the end.
    pub(super) fn advance(&mut self) -> Result<bool, JournalError> {
        loop {
            let passed = match self.view.look(self.offset)? {
                Ok(length) => {
                    if let Some(why) = self.objection(length) {
                        if self.retreat()? {
                            continue;
                        }
                        return Err(self.damage(why).into());
                    }
                    self.pass(length);
                    self.hold_against_mark()?;
                    return Ok(true);
                }
                Err(flaw) => self.judge(flaw)?,
            };
            if !passed {
                return Ok(false);
            }
        }
    }

    fn objection(&self, length: usize) -> Option<Why> {
        let record = self.view.held(self.offset, length);
        let (sequence, group) = (record.sequence(), record.group_first());
        if sequence != self.passed.sequence + 1 {
            return Some(Why::Sequence { found: sequence });
        }
        if record.hash_before() != self.passed.hash && !mutant!("chain-unchecked") {
            return Some(Why::Chain);
        }
        // A group starts with its first record and stays in one segment.
        let goes_on = group == self.passed.group && self.offset > SEGMENT_HEADER;
        if group != sequence && !goes_on {
            return Some(Why::Group { found: group });
        }
        (!record.personal_is_sound()).then_some(Why::Personal)
    }

    fn pass(&mut self, length: usize) {
        let record = self.view.held(self.offset, length);
        self.passed = Passed { sequence: record.sequence(), hash: record.hash(), last: record.position(), group: record.group_first() };
        self.offset += length as u32;
        self.resting = None;
    }

    fn hold_against_mark(&self) -> Result<(), Damage> {
        let passed = &self.passed;
        match &self.mark {
            Some(mark) if mark.sequence == passed.sequence && mark.hash != passed.hash => {
                let at = passed.last;
                Err(Damage { segment: at.file(), offset: at.offset(), sequence: passed.sequence, why: Why::Mark })
            }
            _ => Ok(()),
        }
    }

    fn damage(&self, why: Why) -> Damage {
        Damage { segment: SegmentName(self.view.number()), offset: self.offset, sequence: self.passed.sequence + 1, why }
    }

    fn lost(&self, flaw: Flaw, witness: Witness) -> JournalError {
        self.damage(Why::Lost { flaw, witness }).into()
    }

    /// There is no valid record at `offset`. True: look again (elsewhere, or here). False: the tail is set.
    fn judge(&mut self, flaw: Flaw) -> Result<bool, JournalError> {
        let expected = self.passed.sequence + 1;
        let from = self.offset;
        let survey = self.view.survey(from, |r| r.group_first() > expected)?;
        let Some(written_to) = survey.written_to else {
            return self.leave(flaw);
        };
        // A running writer may have finished the record since it was read.
        if self.view.look_again(from)?.is_ok() {
            return Ok(true);
        }
        if let Some((offset, sequence)) = survey.wanted.filter(|_| !mutant!("damage-cut-as-a-tear")) {
            let position = Position::new(self.view.number(), offset);
            return Err(self.lost(flaw, Witness::Later { sequence, position }));
        }
        for number in self.ahead.clone().into_iter().rev() {
            let mut later = self.open(number)?;
            if let Some((offset, sequence)) = later.survey(SEGMENT_HEADER, |_| true)?.wanted {
                let position = Position::new(number, offset);
                if self.view.look_again(from)?.is_ok() {
                    return Ok(true);
                }
                let witness = Witness::Later { sequence, position };
                let why = match sequence == expected {
                    true => Why::Slack,
                    false => Why::Lost { flaw, witness },
                };
                return Err(self.damage(why).into());
            }
        }
        if self.passed.sequence < self.floor && !mutant!("mark-unchecked") {
            let sequence = self.floor;
            return Err(self.lost(flaw, Witness::Floor { sequence }));
        }
        let torn = Torn { segment: SegmentName(self.view.number()), offset: from, bytes: written_to - from, records: survey.others };
        self.set_tail(Some(torn))
    }

    /// The rest of this segment is empty: go on in the next one, or this is the end.
    fn leave(&mut self, flaw: Flaw) -> Result<bool, JournalError> {
        if let Some(number) = self.ahead.last().copied() {
            if self.resting.is_some() {
                if self.retreat()? {
                    return Ok(true);
                }
                return Err(self.damage(Why::EmptyInside).into());
            }
            let next = self.open(number)?;
            self.resting = Some(Position::new(self.view.number(), self.offset));
            self.ahead.pop();
            self.view = next;
            self.offset = SEGMENT_HEADER;
            return Ok(true);
        }
        if self.passed.sequence < self.floor {
            if self.retreat()? {
                return Ok(true);
            }
            let mut damage = self.damage(Why::Lost { flaw, witness: Witness::Floor { sequence: self.floor } });
            // In the empty segment ahead it was only if the mark says so: otherwise it stood where the one before now ends.
            if let Some(rest) = self.resting.filter(|_| self.mark.as_ref().is_none_or(|mark| mark.last.segment() != self.view.number())) {
                (damage.segment, damage.offset) = (rest.file(), rest.offset());
            }
            return Err(damage.into());
        }
        self.set_tail(None)
    }

    fn set_tail(&mut self, torn: Option<Torn>) -> Result<bool, JournalError> {
        let here = Position::new(self.view.number(), self.offset);
        // A second segment ahead of the end would have been made only when the first was in use.
        if let Some(next) = self.ahead.first().filter(|_| self.ahead.len() > 1 || self.resting.is_some()) {
            let mut damage = self.damage(Why::EmptyInside);
            damage.segment = SegmentName(*next);
            return Err(damage.into());
        }
        self.tail = Some(match self.resting {
            Some(end) => Tail { end, torn, spare: Some(here.segment()) },
            None => Tail { end: here, torn, spare: self.ahead.first().copied() },
        });
        Ok(false)
    }

    /// Goes back to where the segment before ended, if a running writer has put a record there since.
    fn retreat(&mut self) -> Result<bool, JournalError> {
        let Some(rest) = self.resting else {
            return Ok(false);
        };
        let mut before = self.open(rest.segment())?;
        if before.look(rest.offset())?.is_err() {
            return Ok(false);
        }
        self.ahead.push(self.view.number());
        self.view = before;
        self.offset = rest.offset();
        self.resting = None;
        Ok(true)
    }

    fn open(&self, number: u32) -> Result<View, JournalError> {
        View::open(self.storage.as_ref(), number, Some(self.view.installation()), &self.patches, self.passed.sequence + 1)
    }
}

/// The head mark of the journal in `storage`, if there is one that is whole.
pub(super) fn read_mark(storage: &dyn Storage, installation: &[u8; 16]) -> Result<Option<Mark>, IoFailure> {
    use super::mark::FILE;
    match storage.open(FILE, false) {
        Ok(file) => Mark::read(file.as_ref(), installation).map_err(IoFailure::of("read", FILE)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(IoFailure::of("open", FILE)(e)),
    }
}
