//! How the board looks: a function of the model to a buffer of cells.
//! Keeps: foreign text cannot steer the terminal, and a wide character is drawn whole or not at all, also under a box.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::{Block, Clear, Widget};

use super::event::{Counts, Queue};
use super::keys::KEYS;
use super::layout::{areas, boxed, first_shown};
use super::model::{Link, Model};
use super::overlay::{Details, Overlay, Picker};
use crate::cli::view::paint::Tone;
use crate::cli::view::table::{Cell, Column, Layout, pliant, whole};
use crate::cli::view::width::{cut, line, pad, width, wrap};
use crate::protocol::work_orders::Line;

/// Columns between two pieces of the header or the footer.
const GAP: usize = 2;
/// From this width on, a line tells more than number and title.
const ROOMY: u16 = 56;
/// From this width on, it tells the node as well, and marks are words.
const IN_WORDS: u16 = 76;
/// Most lines of a message.
const MESSAGE_MOST: u16 = 3;

const NARROW: [Column; 3] = [whole("NUMBER"), pliant("TITLE", 8), whole("!")];
const MIDDLE: [Column; 5] = [whole("NUMBER"), pliant("TITLE", 16), whole("PRIO"), pliant("ENGINEER", 6), whole("!")];
const WIDE: [Column; 6] = [whole("NUMBER"), pliant("TITLE", 12), whole("PRIO"), pliant("NODE", 6), pliant("ENGINEER", 6), whole("!")];

/// Draws the whole screen.
pub fn draw(model: &Model, buffer: &mut Buffer) {
    Clear.render(buffer.area, buffer);
    let size = (buffer.area.width, buffer.area.height);
    let Some(areas) = areas(size, model.in_queues) else {
        return put(buffer, buffer.area, "too small", Style::new());
    };
    header(model, areas.header, buffer);
    if let Overlay::Details(details) = &model.overlay {
        draw_details(details, areas.body, model, buffer);
    } else {
        queues(model, areas.queues, buffer);
        orders(model, areas.orders, buffer);
    }
    match &model.overlay {
        Overlay::Pick(picker) => draw_picker(picker, areas.body, model, buffer),
        Overlay::Help => help(areas.body, model, buffer),
        Overlay::None | Overlay::Filter | Overlay::Details(_) => {}
    }
    message(model, areas.message, buffer);
    footer(model, areas.footer, buffer);
}

fn style(tone: Tone, model: &Model) -> Style {
    let colour = |colour, without| if model.colours { Style::new().fg(colour) } else { Style::new().add_modifier(without) };
    match tone {
        Tone::Strong => Style::new().add_modifier(Modifier::BOLD),
        Tone::Dim => Style::new().add_modifier(Modifier::DIM),
        Tone::Good => colour(Color::Green, Modifier::empty()),
        Tone::Now => colour(Color::Yellow, Modifier::BOLD).add_modifier(Modifier::BOLD),
        Tone::Bad => colour(Color::Red, Modifier::BOLD),
    }
}

/// Text in the first line of an area; what does not fit is cut with `…`.
fn put(buffer: &mut Buffer, area: Rect, text: &str, style: Style) {
    if area.height > 0 && area.width > 0 {
        buffer.set_stringn(area.x, area.y, cut(text, usize::from(area.width)), usize::from(area.width), style);
    }
}

/// The n-th line of an area; nothing, if it has none.
fn row(area: Rect, n: usize) -> Rect {
    match u16::try_from(n) {
        Ok(n) if n < area.height => Rect { y: area.y + n, height: 1, ..area },
        _ => Rect { height: 0, ..area },
    }
}

/// As many pieces as fit, in order; the first is always there.
fn pieces(buffer: &mut Buffer, area: Rect, pieces: &[(String, Style)]) {
    let mut used = 0;
    for (i, (text, style)) in pieces.iter().enumerate() {
        let begin = if i == 0 { 0 } else { used + GAP };
        if i > 0 && begin + width(text) > usize::from(area.width) {
            continue;
        }
        let offset = u16::try_from(begin).unwrap_or(0).min(area.width);
        put(buffer, Rect { x: area.x + offset, width: area.width - offset, ..area }, text, *style);
        used = begin + width(text);
    }
}

fn header(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (plain, bad) = (Style::new(), style(Tone::Bad, model));
    let mut told = vec![match &model.link {
        Link::Opening => ("workorderd: asking".to_owned(), style(Tone::Dim, model)),
        Link::Up => ("workorderd".to_owned(), style(Tone::Strong, model)),
        Link::Lost(_) => ("workorderd: reconnecting".to_owned(), style(Tone::Now, model)),
    }];
    if let Some(pulse) = &model.pulse {
        let status = &pulse.status;
        if status.clock_doubt.is_some() {
            told.push(("CLOCK DOUBTED".to_owned(), bad));
        }
        let counted = [(status.timers_parked, "TIMERS PARKED"), (status.mails_failed, "MAILS FAILED"), (status.panics, "DEFECTS")];
        told.extend(counted.iter().filter(|(count, _)| *count > 0).map(|(count, what)| (format!("{count} {what}"), bad)));
        told.push((format!("head {}", status.sequence), plain));
        told.extend(pulse.speed.map(|speed| (format!("{speed:.1} steps/s"), plain)));
        told.push((format!("timers {}", status.timers), plain));
        told.push((format!("messages {}", status.messages_under_way), plain));
        told.push((format!("mails sent {}", status.mails_sent), plain));
        told.push((model.page.times.second(status.now), style(Tone::Dim, model)));
        told.extend(model.user.as_ref().map(|user| (format!("as {}", line(user)), style(Tone::Dim, model))));
    }
    pieces(buffer, area, &told);
}

fn queue_name(queue: &Queue, model: &Model) -> String {
    match queue {
        Queue::All => "all".to_owned(),
        Queue::Mine(_) => "mine".to_owned(),
        Queue::Group(id) => line(model.counted.groups.iter().find(|row| row.group.id == *id).map_or(id, |row| &row.group.name)),
    }
}

fn counts(queue: &Queue, model: &Model) -> Option<Counts> {
    let counted = &model.counted;
    match queue {
        Queue::All => Some(counted.all),
        Queue::Mine(_) => counted.mine,
        Queue::Group(id) => counted.groups.iter().find(|row| row.group.id == *id).map(|row| row.counts),
    }
}

/// A queue in a line: its name, how many are overdue (`2!`), how many are open.
fn queues(model: &Model, area: Rect, buffer: &mut Buffer) {
    put(buffer, row(area, 0), "QUEUES", style(Tone::Dim, model));
    let rows = usize::from(area.height.saturating_sub(1));
    for (i, queue) in model.queues().iter().skip(model.first_queue).take(rows).enumerate() {
        let counts = counts(queue, model).unwrap_or_default();
        let count = if counts.overdue > 0 { format!("{}! {}", counts.overdue, counts.open) } else { counts.open.to_string() };
        let room = usize::from(area.width).saturating_sub(width(&count) + 2);
        let text = format!(" {} {count}", pad(&cut(&queue_name(queue, model), room), room));
        let toned = if counts.overdue > 0 { style(Tone::Bad, model) } else { Style::new() };
        put(buffer, row(area, i + 1), &text, toned.patch(chosen_style(*queue == model.queue, model.in_queues)));
    }
}

fn chosen_style(chosen: bool, has_keys: bool) -> Style {
    match (chosen, has_keys) {
        (true, true) => Style::new().add_modifier(Modifier::REVERSED),
        (true, false) => Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        (false, _) => Style::new(),
    }
}

fn orders(model: &Model, area: Rect, buffer: &mut Buffer) {
    let visible = model.visible();
    put(buffer, row(area, 0), &title(model, visible.len()), style(Tone::Strong, model));
    let columns: &[Column] = match area.width {
        IN_WORDS.. => &WIDE,
        ROOMY.. => &MIDDLE,
        _ => &NARROW,
    };
    let rows: Vec<Vec<Cell>> = visible.iter().map(|one| cells(one, columns.len(), model)).collect();
    let layout = Layout::fit(columns, &rows, usize::from(area.width));
    let text = |cells: &str| cells.trim_end_matches('\n').to_owned();
    if rows.is_empty() {
        let why = match (&model.link, model.stale) {
            (Link::Up, false) if !model.filter.is_empty() => "nothing on this page has this text (Esc shows all)",
            (Link::Up, false) => "no open Work Order",
            _ => "…",
        };
        return put(buffer, row(area, 2), why, style(Tone::Dim, model));
    }
    put(buffer, row(area, 1), &text(&layout.head(&model.page)), style(Tone::Dim, model));
    let shown = rows.iter().zip(&visible).skip(model.first).take(usize::from(area.height.saturating_sub(2)));
    for (i, (cells, one)) in shown.enumerate() {
        let toned = match (one.overdue, one.priority.as_str(), one.on_hold) {
            (true, ..) => style(Tone::Bad, model),
            (_, "urgent", _) => style(Tone::Strong, model),
            (.., true) => style(Tone::Dim, model),
            _ => Style::new(),
        };
        let chosen = Some(&one.number) == model.chosen.as_ref();
        let place = row(area, i + 2);
        put(buffer, place, &text(&layout.row(cells, &model.page)), toned);
        if chosen {
            buffer.set_style(place, chosen_style(true, !model.in_queues));
        }
    }
}

/// `all · only overdue · page 2 · filter "王": 3 of 200 · more with n`.
fn title(model: &Model, visible: usize) -> String {
    let mut parts = vec![queue_name(&model.queue, model)];
    if model.overdue {
        parts.push("only overdue".to_owned());
    }
    if !model.pages.is_empty() {
        parts.push(format!("page {}", model.pages.len() + 1));
    }
    if model.filter.is_empty() {
        parts.push(format!("{visible} open"));
    } else {
        parts.push(format!("filter \"{}\": {visible} of {}", line(&model.filter), model.lines.len()));
    }
    if model.next.is_some() {
        parts.push("more with n".to_owned());
    }
    parts.join(" · ")
}

/// The cells of a line for one of the three sets of columns.
fn cells(one: &Line, columns: usize, model: &Model) -> Vec<Cell> {
    let in_words = columns == WIDE.len();
    let mark = match (in_words, one.overdue, one.on_hold) {
        (true, true, _) => "overdue",
        (true, _, true) => "on hold",
        (false, true, _) => "O",
        (false, _, true) => "H",
        (_, false, false) => "",
    };
    let (number, subject) = (line(&one.number), line(&one.subject));
    if columns == NARROW.len() {
        return vec![number.into(), subject.into(), mark.into()];
    }
    let priority = if one.priority == "normal" { String::new() } else { line(&one.priority) };
    let engineer = one.engineer.as_deref().map(|id| line(model.name(id)));
    let who = engineer.or_else(|| one.group.as_ref().map(|id| format!("@{}", queue_name(&Queue::Group(id.clone()), model))));
    let node = in_words.then(|| line(one.node.as_deref().unwrap_or_default()).into());
    let before = [number.into(), subject.into(), priority.into()];
    before.into_iter().chain(node).chain([who.unwrap_or_default().into(), mark.into()]).collect()
}

fn draw_details(details: &Details, area: Rect, model: &Model, buffer: &mut Buffer) {
    for (i, text) in details.lines.iter().skip(details.first).take(usize::from(area.height)).enumerate() {
        let tone = if i + details.first == 0 { style(Tone::Strong, model) } else { Style::new() };
        put(buffer, row(area, i), text, tone);
    }
}

/// A framed box over the body; gives what is inside.
fn frame(body: Rect, wide: usize, lines: usize, title: &str, buffer: &mut Buffer) -> Rect {
    let area = boxed(body, wide, lines);
    // A wide character that reaches under the frame would hide it: it goes.
    for y in area.top()..area.bottom() {
        if let Some(left) = area.x.checked_sub(1).and_then(|x| buffer.cell_mut((x, y)))
            && width(left.symbol()) > 1
        {
            left.set_symbol(" ");
        }
    }
    Clear.render(area, buffer);
    let block = Block::bordered().title(cut(title, usize::from(area.width.saturating_sub(2))));
    let inside = block.inner(area);
    block.render(area, buffer);
    inside
}

fn draw_picker(picker: &Picker, body: Rect, model: &Model, buffer: &mut Buffer) {
    let shown = picker.shown();
    let widest = |part: fn(&super::overlay::Choice) -> &String| picker.choices.iter().map(|choice| width(part(choice))).max().unwrap_or(0);
    let (labels, notes) = (widest(|choice| &choice.label), widest(|choice| &choice.note));
    let title = format!(" {} goes to ", line(&picker.number));
    let wide = (labels + notes + GAP).max(width(&title)).max(30);
    let inside = frame(body, wide, picker.choices.len() + 1, &title, buffer);
    let typed = if picker.typed.is_empty() { "type to narrow it".to_owned() } else { format!("{}▏", line(&picker.typed)) };
    put(buffer, row(inside, 0), &typed, style(Tone::Dim, model));
    let rows = usize::from(inside.height.saturating_sub(1)).max(1);
    let first = first_shown(0, picker.chosen, rows);
    let room = usize::from(inside.width).saturating_sub(notes + GAP);
    for (i, choice) in shown.iter().enumerate().skip(first).take(rows) {
        let text = format!(" {} {}", pad(&cut(&choice.label, room), room), choice.note);
        put(buffer, row(inside, i - first + 1), &text, chosen_style(i == picker.chosen, true));
    }
}

fn help(body: Rect, model: &Model, buffer: &mut Buffer) {
    let keys = KEYS.iter().map(|(key, _, _)| width(key)).max().unwrap_or(0) + GAP;
    let wide = KEYS.iter().map(|(_, _, what)| width(what)).max().unwrap_or(0) + keys;
    let inside = frame(body, wide, KEYS.len(), " keys ", buffer);
    for (i, (key, _, what)) in KEYS.iter().enumerate() {
        put(buffer, row(inside, i), &format!("{}{what}", pad(key, keys)), style(Tone::Strong, model).remove_modifier(Modifier::BOLD));
    }
}

fn message(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (text, tone) = match (&model.overlay, &model.message, &model.link) {
        (Overlay::Filter, ..) => (format!("/{}▏", line(&model.filter)), Tone::Strong),
        (_, Some(message), _) => (line(&message.text), if message.bad { Tone::Bad } else { Tone::Good }),
        (.., Link::Lost(why)) => (line(why), Tone::Now),
        (_, None, _) if model.writing.is_some() => ("…".to_owned(), Tone::Dim),
        _ => return,
    };
    // What takes more room gets it from the body.
    let pieces = wrap(&text, usize::from(area.width));
    let lines = u16::try_from(pieces.len()).unwrap_or(MESSAGE_MOST).clamp(1, MESSAGE_MOST);
    let area = Rect { y: area.y + 1 - lines, height: lines, ..area };
    Clear.render(area, buffer);
    for (i, piece) in pieces.iter().enumerate() {
        let cut_off = i + 1 == usize::from(MESSAGE_MOST) && pieces.len() > i + 1;
        let piece = if cut_off { cut(&format!("{piece} …"), usize::from(area.width)) } else { piece.clone() };
        put(buffer, row(area, i), &piece, style(tone, model));
    }
}

fn footer(model: &Model, area: Rect, buffer: &mut Buffer) {
    let keys: Vec<(&str, &str)> = match &model.overlay {
        Overlay::None => KEYS.iter().filter(|(_, short, _)| !short.is_empty()).map(|(key, short, _)| (*key, *short)).collect(),
        Overlay::Details(_) => vec![("Esc", "close"), ("↑ ↓", "scroll"), ("a", "assign"), ("g", "group"), ("r", "refresh")],
        Overlay::Pick(_) => vec![("Enter", "gives it"), ("Esc", "leaves it"), ("↑ ↓", "choose")],
        Overlay::Filter => vec![("Enter", "keeps it"), ("Esc", "shows all")],
        Overlay::Help => vec![("any key", "closes")],
    };
    let told: Vec<_> = keys.iter().map(|(key, what)| (format!("{key} {what}"), style(Tone::Dim, model))).collect();
    pieces(buffer, area, &told);
}
