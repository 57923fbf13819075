//! Where things stand, for every size of terminal.

use ratatui::layout::Rect;

/// Columns from which queues stand beside the Work Orders.
const SIDE_BY_SIDE: u16 = 60;
/// Below this nothing is drawn but that it is too small.
const LEAST: (u16, u16) = (20, 6);

/// The parts of the screen; a pane that is not shown has no width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Areas {
    /// How the daemon is doing.
    pub header: Rect,
    /// Between header and message: panes, or the details of one Work Order.
    pub body: Rect,
    /// Queues, below their heading.
    pub queues: Rect,
    /// Work Orders, with two lines of headings.
    pub orders: Rect,
    /// What was said last.
    pub message: Rect,
    /// Keys.
    pub footer: Rect,
}

/// The parts of a screen of this size; `None`: it is too small.
pub fn areas((columns, rows): (u16, u16), in_queues: bool) -> Option<Areas> {
    if columns < LEAST.0 || rows < LEAST.1 {
        return None;
    }
    let row = |y| Rect::new(0, y, columns, 1);
    let body = Rect::new(0, 1, columns, rows - 3);
    let left = match columns {
        SIDE_BY_SIDE.. => (columns / 5).clamp(16, 30),
        _ if in_queues => columns,
        _ => 0,
    };
    let gap = u16::from(left > 0 && left < columns);
    Some(Areas {
        header: row(0),
        body,
        queues: Rect { width: left, ..body },
        orders: Rect { x: left + gap, width: columns - left - gap, ..body },
        message: row(rows - 2),
        footer: row(rows - 1),
    })
}

/// Lines for Work Orders.
pub fn order_rows(size: (u16, u16)) -> usize {
    areas(size, false).map_or(1, |areas| usize::from(areas.body.height.saturating_sub(2)).max(1))
}

/// Lines for queues.
pub fn queue_rows(size: (u16, u16)) -> usize {
    areas(size, true).map_or(1, |areas| usize::from(areas.body.height.saturating_sub(1)).max(1))
}

/// Lines for the details of a Work Order.
pub fn detail_rows(size: (u16, u16)) -> usize {
    areas(size, false).map_or(1, |areas| usize::from(areas.body.height).max(1))
}

/// A box over the body for this many lines of this width, without its frame.
pub fn boxed(body: Rect, width: usize, lines: usize) -> Rect {
    let at_most = |wanted: usize, most: u16| u16::try_from(wanted.saturating_add(2)).unwrap_or(most).min(most);
    let (columns, rows) = (at_most(width + 2, body.width), at_most(lines, body.height));
    Rect::new(body.x + (body.width - columns) / 2, body.y + (body.height - rows) / 2, columns, rows)
}

/// The first line shown, so that the chosen one is among `rows` lines; it moves as little as it can.
pub fn first_shown(before: usize, chosen: usize, rows: usize) -> usize {
    let before = before.min(chosen);
    if chosen >= before + rows { chosen + 1 - rows } else { before }
}
