//! The bench's table: rates, ratios and latencies of one run, for people.

use super::evaluations::Evaluations;
use super::load::Measured;
use super::million::{Firing, Lists};
use comfy_table::{CellAlignment, ContentArrangement, Table as Grid, presets};
use std::time::Duration;

/// One number of connections.
#[derive(Debug)]
pub struct Row {
    pub connections: usize,
    pub steps: Measured,
    pub bare: Measured,
    pub reads: Measured,
    pub echo: Measured,
    pub steps_per_group: f64,
}

/// With very many open Work Orders.
#[derive(Debug)]
pub struct Million {
    pub orders: u64,
    pub empty: u64,
    pub full: u64,
    pub after_restart: u64,
    pub clean: Duration,
    pub killed: Duration,
    /// Mean size of a record's body, in bytes.
    pub state_bytes: usize,
    /// What lists take of the memory of each, beside its state.
    pub board_bytes: f64,
    /// On the disk, when each had been made and nothing else been done: a step each.
    pub journal_bytes: u64,
    pub store_bytes: u64,
    pub lists: Lists,
    pub at_once: Firing,
    pub after_down: Firing,
}

/// Everything.
#[derive(Debug, Default)]
pub struct Table {
    pub rows: Vec<Row>,
    pub rival: Vec<(usize, f64)>,
    pub record_bytes: usize,
    pub million: Option<Million>,
    pub evaluations: Option<Evaluations>,
}

/// The table as text.
pub fn print(table: &Table) -> String {
    let best = table.rival.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
    let mut grid = Grid::new();
    grid.load_preset(presets::ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Disabled);
    grid.set_header(["conns", "steps/s", "p50 ms", "p99 ms", "bare/s", "of bare", "of SQLite", "reads/s", "of echo", "steps/fsync"]);
    for row in &table.rows {
        let rival = if best > 0.0 { format!("{:.2}", row.steps.rate() / best) } else { "-".into() };
        grid.add_row([
            row.connections.to_string(),
            format!("{:.0}", row.steps.rate()),
            format!("{:.2}", row.steps.percentile(50.0)),
            format!("{:.2}", row.steps.percentile(99.0)),
            format!("{:.0}", row.bare.rate()),
            format!("{:.2}", row.steps.rate() / row.bare.rate().max(1.0)),
            rival,
            format!("{:.0}", row.reads.rate()),
            format!("{:.2}", row.reads.rate() / row.echo.rate().max(1.0)),
            format!("{:.1}", row.steps_per_group),
        ]);
    }
    for column in grid.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut out = format!("{grid}\n\nrecords of {} bytes; SQLite (WAL, synchronous FULL): ", table.record_bytes);
    let rates: Vec<_> = table.rival.iter().map(|(n, rate)| format!("{rate:.0}/s from {n}")).collect();
    out += &if rates.is_empty() { "not measured, no python3 with sqlite3".to_owned() } else { rates.join(", ") };
    if let Some(r) = &table.million {
        let per = |bytes: u64| (bytes.saturating_sub(r.empty)) as f64 / r.orders.max(1) as f64;
        out += &format!(
            "\n{} open Work Orders with a timer each: {:.2} KB each after making them, {:.2} KB after a restart (empty {:.0} MB); \
             record body {} bytes; lists take {:.0} bytes of each\nstart-up: {:.1} s after a clean stop ({:.0} orders/s), {:.1} s after SIGKILL ({:.0} orders/s)",
            r.orders,
            per(r.full) / 1000.0,
            per(r.after_restart) / 1000.0,
            r.empty as f64 / 1e6,
            r.state_bytes,
            r.board_bytes,
            r.clean.as_secs_f64(),
            r.orders as f64 / r.clean.as_secs_f64(),
            r.killed.as_secs_f64(),
            r.orders as f64 / r.killed.as_secs_f64(),
        );
        out += &format!(
            "\ndisk: {:.0} bytes of journal and {:.0} of store for each, made by one step\n\
             lists with filters: p50 {:.2} ms, p99 {:.2} ms; scenes and orders: p50 {:.2} ms, p99 {:.2} ms; while {:.0} steps/s went on with p99 {:.2} ms\n{}\n{}",
            r.journal_bytes as f64 / r.orders.max(1) as f64,
            r.store_bytes as f64 / r.orders.max(1) as f64,
            r.lists.calls.percentile(50.0),
            r.lists.calls.percentile(99.0),
            r.lists.scenes.percentile(50.0),
            r.lists.scenes.percentile(99.0),
            r.lists.steps.rate(),
            r.lists.steps.percentile(99.0),
            fired("timers due at once", &r.at_once),
            fired("timers that fell due while it was down", &r.after_down),
        );
    }
    if let Some(e) = &table.evaluations {
        let (count, elapsed) = e.killed;
        out += &format!(
            "\n{} invitations, each durable with its message before the answer: {:.0}/s, p99 {:.2} ms\n{}\n\
             {count} auto-completions with a SIGKILL in the middle: through in {:.1} s, the start included; none lost, none twice",
            e.invitations.calls,
            e.invitations.rate(),
            e.invitations.percentile(99.0),
            fired("auto-completions due in the same minute", &e.completions),
            elapsed.as_secs_f64(),
        );
    }
    out
}

fn fired(what: &str, firing: &Firing) -> String {
    format!(
        "{} {what}: fired in {:.1} s ({:.0}/s), while {:.0} steps/s went on with p50 {:.2} ms, p99 {:.2} ms",
        firing.timers,
        firing.elapsed.as_secs_f64(),
        firing.timers as f64 / firing.elapsed.as_secs_f64(),
        firing.steps.rate(),
        firing.steps.percentile(50.0),
        firing.steps.percentile(99.0),
    )
}
