//! The import from its arguments to its report: read, judge all, send, tell.
//! Keeps: all or nothing: while one line is bad, nothing is sent. A creation's request id comes of kind and key alone, so that an import
//! that broke off is repeated as a whole, also from another file.

use std::collections::{BTreeMap, HashMap, HashSet};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};

use super::super::args_import::ImportArgs;
use super::super::failure::Failure;
use super::super::session::{Session, random_id};
use super::super::view::width;
use super::bad_lines::BadLines;
use super::kinds::{KINDS, Kind, Type, WORK_ORDER};
use super::mapping::{self, Mapping, Source};
use super::table::{self, Cell, Reading, Table};
use super::values::{self, Flaw, Line};
use crate::client::connection::ClientError;
use crate::protocol::work_orders::{self, DescribeForm, DescribedForm};

/// Lines of one pipeline.
const AT_ONCE: usize = 512;
/// Bad lines that are told one by one.
const TOLD: usize = 100;

/// Imports.
///
/// # Errors
/// The file or its mapping is wrong, a line is bad, or the daemon cannot be asked.
pub fn import(session: &mut Session<'_, '_>, args: &ImportArgs) -> Result<(), Failure> {
    let mut mapping = args.mapping.as_deref().map(mapping::read).transpose()?.unwrap_or_default();
    mapping.encoding = args.encoding.clone().or(mapping.encoding);
    mapping.sheet = args.sheet.clone().or(mapping.sheet);
    let kind = kind(args, &mapping)?;
    let reading = Reading {
        encoding: mapping.encoding.clone(),
        separator: mapping.separator.and_then(|c| u8::try_from(c).ok()),
        sheet: mapping.sheet.clone(),
    };
    let table = table::read(&args.file, &reading)?;
    let form = form(session, kind, &mapping)?;
    let sources = mapping::sources(&mapping, kind, &form, &table)?;
    let (lines, passed_over, mut flaws) = read(kind, &mapping, &sources, &table);
    let mut work = Import { session, kind, sources: &sources, table: &table, there: 0, done: 0 };
    let good = work.judge(lines, &mut flaws)?;
    flaws.sort_by_key(|flaw| flaw.line);
    let send = !args.dry_run && (flaws.is_empty() || args.good_lines.is_some() || mutant!("import-although-bad"));
    let ready = good.len();
    if send {
        // Before anything is sent it is seen that the bad lines can be kept.
        let kept = args.good_lines.as_deref().map(BadLines::begin).transpose()?;
        work.send(good, &mut flaws)?;
        flaws.sort_by_key(|flaw| flaw.line);
        kept.map(|kept| kept.end(&table, &flaws)).transpose()?;
    }
    let (there, done) = (work.there, work.done);
    let bad = flaws.iter().map(|flaw| flaw.line).collect::<HashSet<_>>().len();
    let report = json!({
        "kind": kind.name, "lines": table.rows.len(), "done": done, "there": there, "good": ready, "passedOver": passed_over, "bad": bad,
        "problems": flaws.iter().map(|f| json!({ "line": f.line, "field": f.field, "problem": f.problem })).collect::<Vec<_>>(),
    });
    if session.json() {
        session.print_json(&report)?;
    } else {
        let text = told(&table, &flaws, args, (done, there, ready, passed_over, bad));
        session.write(&text)?;
    }
    if flaws.is_empty() {
        return Ok(());
    }
    let are = if bad == 1 { "1 line is bad".to_owned() } else { format!("{bad} lines are bad") };
    Err(Failure::Nothing(match (args.dry_run, send) {
        (true, _) => format!("{are}; nothing was changed, this was a dry run"),
        (false, false) => format!("{are}, so nothing was imported; --good-lines FILE takes the good ones and keeps the others"),
        (false, true) => format!("{are}, not imported"),
    }))
}

fn kind(args: &ImportArgs, mapping: &Mapping) -> Result<&'static Kind, Failure> {
    let name = args.kind.as_deref().or(mapping.kind.as_deref());
    let name = name.ok_or_else(|| Failure::Usage("say what the lines are: --kind, or `kind` in the mapping file".to_owned()))?;
    KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| Failure::Usage(format!("there is no kind {name:?}")))
}

/// Fields of the record type's form.
fn form(session: &mut Session<'_, '_>, kind: &Kind, mapping: &Mapping) -> Result<Vec<(String, Type, bool)>, Failure> {
    let Some(record_type) = mapping.fixed.get("record_type").filter(|_| kind.name == WORK_ORDER) else { return Ok(Vec::new()) };
    let ask = DescribeForm { record_type: Some(record_type.clone()), ..DescribeForm::default() };
    let reply = match session.ask(&format!("{}.DescribeForm", work_orders::NAME), &ask) {
        // There is no form, or no record type: of that the lines will tell.
        Err(Failure::Client(ClientError::Refused { name, .. })) if name.ends_with(".NotFound") || name.ends_with(".UnknownReference") => {
            return Ok(Vec::new());
        }
        other => other?,
    };
    let described: DescribedForm = session.shape(reply)?;
    let fields = described.form.fields.into_iter().filter(|field| field.table.is_none());
    let of = |kind: &str| match kind {
        "date" => Some(Type::Date),
        "time" => Some(Type::Time),
        "number" | "money" | "stars" => Some(Type::Number),
        "choices" => Some(Type::List),
        // Of these a cell cannot hold any.
        "table" | "attachment" | "signature" | "location" => None,
        _ => Some(Type::Text),
    };
    Ok(fields.filter_map(|field| Some((field.name.clone(), of(&field.kind)?, false))).collect())
}

/// The rows as lines, those that another one needs before it; how many were passed over; what is wrong.
fn read(kind: &Kind, mapping: &Mapping, sources: &[Source], table: &Table) -> (Vec<Line>, usize, Vec<Flaw>) {
    let key = mapping::key(mapping, kind, table);
    let (mut lines, mut flaws, mut passed_over) = (Vec::new(), Vec::new(), 0);
    let mut seen: HashMap<String, u64> = HashMap::new();
    for row in &table.rows {
        // A line whose key was there is not looked at further, where the first counts.
        if let Some(Cell::Text(own)) = key.and_then(|place| row.cells.get(place)).filter(|_| mapping.same_key.as_deref() == Some("first"))
            && seen.contains_key(own)
        {
            passed_over += 1;
            continue;
        }
        match values::line(row, key, kind, mapping, sources, table) {
            Ok(line) => match seen.get(&line.key) {
                Some(first) => {
                    let problem = format!("has the key {:?}, as line {first} has", line.key);
                    flaws.push(Flaw { line: row.line, field: String::new(), problem });
                }
                None => {
                    seen.insert(line.key.clone(), row.line);
                    if let Some(Cell::Text(own)) = key.and_then(|place| row.cells.get(place)) {
                        seen.insert(own.clone(), row.line);
                    }
                    lines.push(line);
                }
            },
            Err(wrong) => flaws.extend(wrong),
        }
    }
    let lines = ordered(kind, lines, &mut flaws, sources, table);
    (lines, passed_over, flaws)
}

/// The key of the line that this one needs before it.
fn above<'a>(kind: &Kind, line: &'a Line) -> Option<&'a str> {
    line.fields.get(kind.above?)?.as_str()
}

/// Those that others stand below come first; where they stand below each other in a circle, that is a flaw of all of these.
fn ordered(kind: &Kind, lines: Vec<Line>, flaws: &mut Vec<Flaw>, sources: &[Source], table: &Table) -> Vec<Line> {
    let Some(field) = kind.above else { return lines };
    let place: HashMap<&str, usize> = lines.iter().enumerate().map(|(index, line)| (line.key.as_str(), index)).collect();
    let up: Vec<Option<usize>> = lines.iter().map(|line| above(kind, line).and_then(|key| place.get(key).copied())).collect();
    let mut levels: BTreeMap<usize, Vec<Line>> = BTreeMap::new();
    for (line, depth) in lines.into_iter().zip(depths(&up)) {
        let problem = match depth {
            Depth::Of(depth) => {
                levels.entry(depth).or_default().push(line);
                continue;
            }
            Depth::InCircle => "stands below itself, by way of other lines",
            Depth::BelowCircle => "stands below lines that stand below themselves",
        };
        flaws.push(Flaw { line: line.line, field: values::told(field, sources, table), problem: problem.to_owned() });
    }
    levels.into_values().flatten().collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// So many stand above it.
    Of(usize),
    InCircle,
    BelowCircle,
}

/// How deep each stands; every line is gone over once, however long the chains are.
fn depths(up: &[Option<usize>]) -> Vec<Depth> {
    let mut depths: Vec<Option<Depth>> = vec![None; up.len()];
    // The way up from the line that is looked at: who stands where on it.
    let (mut way, mut on_way) = (Vec::new(), HashMap::new());
    for index in 0..up.len() {
        let mut at = Some(index);
        while let Some(here) = at.filter(|here| depths[*here].is_none() && !on_way.contains_key(here)) {
            on_way.insert(here, way.len());
            way.push(here);
            at = up[here];
        }
        let circle = at.and_then(|at| on_way.get(&at).copied()).unwrap_or(way.len());
        let mut over = at.and_then(|at| depths[at]);
        for (place, here) in way.drain(..).enumerate().rev() {
            let depth = match over {
                _ if place >= circle => Depth::InCircle,
                Some(Depth::Of(depth)) => Depth::Of(depth + 1),
                Some(Depth::InCircle | Depth::BelowCircle) => Depth::BelowCircle,
                None => Depth::Of(0),
            };
            depths[here] = Some(depth);
            over = Some(depth);
        }
        on_way.clear();
    }
    depths.into_iter().map(|depth| depth.unwrap_or(Depth::Of(0))).collect()
}

struct Import<'i, 'a, 'c> {
    session: &'i mut Session<'a, 'c>,
    kind: &'static Kind,
    sources: &'i [Source],
    table: &'i Table,
    /// Lines that were imported before.
    there: usize,
    /// Lines that are in now.
    done: usize,
}

impl Import<'_, '_, '_> {
    /// Has the daemon judge all lines; those that are good and new.
    fn judge(&mut self, lines: Vec<Line>, flaws: &mut Vec<Flaw>) -> Result<Vec<Line>, Failure> {
        let keys: HashSet<String> = lines.iter().map(|line| line.key.clone()).collect();
        let kind = self.kind;
        let (bar, mut good) = (self.bar("judged", lines.len()), Vec::new());
        let mut lines = lines.into_iter().peekable();
        while lines.peek().is_some() {
            let some: Vec<Line> = lines.by_ref().take(AT_ONCE).collect();
            let calls: Vec<_> = some.iter().map(|line| (kind.judge, without_above(kind, line, &keys))).collect();
            let replies = self.session.client().pipeline::<_, Value>(&calls)?;
            for (line, reply) in some.into_iter().zip(replies) {
                match reply {
                    Ok(reply) if is_there(&reply) => self.there += 1,
                    Ok(_) => good.push(line),
                    Err(error) => self.refused(&line, error, flaws)?,
                }
            }
            bar.inc(calls.len() as u64);
        }
        bar.finish_and_clear();
        Ok(good)
    }

    /// Sends them; what is refused now, though it was judged to be good, is a flaw too: somebody else has changed something.
    fn send(&mut self, lines: Vec<Line>, flaws: &mut Vec<Flaw>) -> Result<(), Failure> {
        let bar = self.bar("imported", lines.len());
        let (kind, run) = (self.kind, random_id()?);
        // Nothing is sent together with what it needs.
        let mut lines = lines.into_iter().peekable();
        while lines.peek().is_some() {
            let (mut some, mut sent): (Vec<Line>, HashSet<String>) = (Vec::new(), HashSet::new());
            while some.len() < AT_ONCE
                && let Some(line) = lines.next_if(|line| above(kind, line).is_none_or(|key| !sent.contains(key)))
            {
                sent.insert(line.key.clone());
                some.push(line);
            }
            let calls: Vec<_> = some.iter().map(|line| (kind.method, parameters(kind, line, Some(request_id(kind, line, &run))))).collect();
            let replies = self.session.client().pipeline::<_, Value>(&calls).map_err(|error| match error {
                ClientError::Refused { .. } => Failure::Client(error),
                lost => Failure::Broken(format!(
                    "the import broke off when {} lines or more were in: {lost}; the same command again goes on where it stopped",
                    self.done
                )),
            })?;
            for (line, reply) in some.iter().zip(replies) {
                match reply {
                    Ok(_) => self.done += 1,
                    Err(ClientError::Refused { name, .. }) if name.ends_with(".NothingToChange") => self.there += 1,
                    Err(error) => self.refused(line, error, flaws)?,
                }
            }
            bar.inc(some.len() as u64);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// A refusal is a flaw of its line; but what would meet every line ends the import.
    fn refused(&self, line: &Line, error: ClientError, flaws: &mut Vec<Flaw>) -> Result<(), Failure> {
        let ClientError::Refused { name, parameters } = &error else { return Err(Failure::Client(error)) };
        let ends = ["NotPermitted", "UnknownPeer", "Stopping", "Internal", "Busy", "DiskNearlyFull"];
        if ends.iter().any(|end| name.strip_prefix("org.workorderd.") == Some(end)) || name.starts_with("org.varlink.") {
            return Err(Failure::Client(error));
        }
        let text = |key: &str| parameters.get(key).and_then(Value::as_str);
        let field = text("field").map(|field| self.kind.parameter.and_then(|p| field.strip_prefix(p)?.strip_prefix('.')).unwrap_or(field));
        let problem = match (text("problem"), text("value")) {
            (Some(problem), _) => problem.to_owned(),
            (None, Some(value)) => format!("there is no {value:?}, or it is disabled"),
            (None, None) => text("message").unwrap_or(name).to_owned(),
        };
        let field = values::told(&snake(field.unwrap_or_default()), self.sources, self.table);
        flaws.push(Flaw { line: line.line, field, problem });
        Ok(())
    }

    /// On a terminal alone.
    fn bar(&self, what: &'static str, lines: usize) -> ProgressBar {
        // Where standard error is no terminal, it draws nothing by itself.
        let target = if self.session.console.plain { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(lines as u64), target).with_message(what);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}, {eta} left");
        style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
    }
}

/// A judgement that says: it is so already, or that Work Order was created before.
fn is_there(reply: &Value) -> bool {
    reply.get("change").and_then(Value::as_bool) == Some(false) || reply.get("number").is_some_and(|number| !number.is_null())
}

fn without_above(kind: &Kind, line: &Line, keys: &HashSet<String>) -> Map<String, Value> {
    let mut line = line.clone();
    if let Some(field) = kind.above
        && above(kind, &line).is_some_and(|key| keys.contains(key))
    {
        // It comes by this very file, before this line does.
        line.fields.remove(field);
    }
    let request_id = kind.parameter.is_none().then(|| request_id(kind, &line, ""));
    parameters(kind, &line, request_id)
}

fn parameters(kind: &Kind, line: &Line, request_id: Option<String>) -> Map<String, Value> {
    let mut parameters = match kind.parameter {
        Some(parameter) => Map::from_iter([(parameter.to_owned(), Value::Object(line.fields.clone()))]),
        None => {
            let mut fields = line.fields.clone();
            fields.insert("entryPoint".to_owned(), Value::String("import".to_owned()));
            fields
        }
    };
    parameters.extend(request_id.map(|id| ("requestId".to_owned(), Value::String(id))));
    parameters
}

/// Of a creation always the same; of a put, which is the same when it is done twice, one of this run.
fn request_id(kind: &Kind, line: &Line, run: &str) -> String {
    let of = if kind.parameter.is_some() || mutant!("import-twice") { run } else { "" };
    let digest = blake3::hash(format!("{}\n{of}\n{}", kind.name, line.key).as_bytes());
    format!("import-{}", &digest.to_hex()[..40])
}

/// `serialNumber` as fields are called here.
fn snake(field: &str) -> String {
    if field.starts_with("fields.") {
        return field.to_owned();
    }
    field.chars().flat_map(|c| c.is_ascii_uppercase().then_some('_').into_iter().chain([c.to_ascii_lowercase()])).collect()
}

pub(super) fn sentence(flaw: &Flaw) -> String {
    if flaw.field.is_empty() { flaw.problem.clone() } else { format!("{}: {}", flaw.field, flaw.problem) }
}

type Counts = (usize, usize, usize, usize, usize);

fn told(table: &Table, flaws: &[Flaw], args: &ImportArgs, (done, there, ready, passed_over, bad): Counts) -> String {
    let mut text = String::new();
    for flaw in flaws.iter().take(TOLD) {
        text.push_str(&format!("{}\n", width::line(&format!("{}:{}: {}", table.name, flaw.line, sentence(flaw)))));
    }
    if flaws.len() > TOLD {
        text.push_str(&format!("and {} more; --json tells all of them\n", flaws.len() - TOLD));
    }
    let news = if args.dry_run { format!("{ready} good") } else { format!("{done} imported") };
    let lines = if table.rows.len() == 1 { "line" } else { "lines" };
    text.push_str(&format!("{} {lines}: {news}, {there} already there, {bad} bad", table.rows.len()));
    if passed_over > 0 {
        text.push_str(&format!(", {passed_over} passed over (same key)"));
    }
    text.push('\n');
    text
}
