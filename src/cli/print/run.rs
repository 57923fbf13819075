//! The command: where to, with which font; then it asks, draws, and writes.
//! Keeps: arguments and the named font are looked at before the daemon is asked; nothing is written unless all of it could be drawn.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::compose::{Head, compose};
use super::find::{Fonts, find};
use super::gather::gather;
use super::sheet::{Evaluation, Sheet};
use super::{card, html, pdf};
use crate::cli::args_print::PrintArgs;
use crate::cli::failure::Failure;
use crate::cli::out_file::replace;
use crate::cli::session::{Console, Session};
use crate::cli::view::page::Page;
use crate::cli::view::qr::open_invitation;
use crate::cli::view::width::line;
use crate::protocol::work_orders::WorkOrder;

/// Standard output, as a name of a file.
const STDOUT: &str = "-";

/// What was asked for, and makes sense.
pub struct Wanted {
    args: PrintArgs,
    html: Option<PathBuf>,
    pdf: Option<(PathBuf, Fonts)>,
}

/// Looks at the arguments; reads the font that they name.
///
/// # Errors
/// They make no sense; the font is none.
pub fn prepare(args: PrintArgs, json: bool, console: &Console<'_>) -> Result<Wanted, Failure> {
    let usage = |problem: String| Err(Failure::Usage(problem));
    let (mut html, mut pdf) = (args.html.clone(), args.pdf.clone());
    if let Some(file) = &args.file {
        let place = match file.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("pdf") => &mut pdf,
            Some("html" | "htm") => &mut html,
            Some(_) | None => return usage(format!("{} ends neither in .pdf nor in .html; or say --pdf or --html FILE", file.display())),
        };
        if place.replace(file.clone()).is_some() {
            return usage(format!("{} and another file of its kind: one is enough", file.display()));
        }
    }
    let to_stdout = [&html, &pdf].into_iter().flatten().filter(|file| **file == Path::new(STDOUT)).count();
    if to_stdout > 1 || (html.is_some() && html == pdf) {
        return usage("HTML and PDF do not go into the same place".to_owned());
    }
    if to_stdout > 0 && json {
        return usage("--json and the page itself do not both go to standard output".to_owned());
    }
    if console.terminal.is_some() && pdf.as_deref() == Some(Path::new(STDOUT)) {
        return usage("a PDF is nothing for a terminal: name a file, or send standard output elsewhere".to_owned());
    }
    let pdf = match pdf {
        Some(file) => Some((file, find(args.font.as_deref(), args.font_index)?)),
        None => None,
    };
    Ok(Wanted { args, html, pdf })
}

/// Prints.
///
/// # Errors
/// What the daemon says; the font lacks a character; a file cannot be written.
pub fn print(session: &mut Session<'_, '_>, wanted: &Wanted) -> Result<(), Failure> {
    let Wanted { args, html, pdf } = wanted;
    session.take_daemon_time()?;
    let gathered = gather(session, &args.of.number, args.language.clone())?;
    let head = Head { company: args.company.as_deref(), logo: args.logo.as_deref(), code: !args.no_code };
    let sheet = compose(&gathered, &head, &session.page);
    let now = session.page.times.now;
    let card = if args.card { Some(evaluation(&sheet, &gathered.order, &session.page)?) } else { None };
    let made = match pdf {
        Some((file, fonts)) => {
            let made = fonts.set(|font| {
                let made = pdf::pdf(&sheet, card, font, now).map_err(Failure::Usage)?;
                Ok(((made.bytes, made.pages, font.path.clone()), made.missing))
            })?;
            Some((file, made))
        }
        None => None,
    };
    let mut told = String::new();
    let mut document = json!({ "number": gathered.order.number });
    if let Some(file) = html {
        let page = card.map_or_else(|| html::page(&sheet), |one| card::page(&sheet, one));
        write(session, file, page.as_bytes())?;
        told.push_str(&format!("{} written to {}\n", sheet.number, file.display()));
        document["html"] = json!(file);
    }
    if let Some((file, (bytes, pages, font))) = made {
        write(session, file, &bytes)?;
        let sheets = if pages == 1 { "1 page".to_owned() } else { format!("{pages} pages") };
        told.push_str(&format!("{} written to {} ({sheets})\n", sheet.number, file.display()));
        document["pdf"] = json!({ "path": file, "pages": pages, "font": font });
    }
    if let Some(why) = &gathered.older {
        writeln!(session.console.err, "workorderctl: what was done earlier may be missing on the page: {}", line(why))?;
    }
    if [html.as_deref(), pdf.as_ref().map(|(file, _)| file.as_path())].contains(&Some(Path::new(STDOUT))) {
        return Ok(());
    }
    if session.json() { session.print_json(&document) } else { session.write(&told) }
}

/// What a card is made of.
fn evaluation<'a>(sheet: &'a Sheet, order: &WorkOrder, page: &Page) -> Result<&'a Evaluation, Failure> {
    sheet.evaluation.as_ref().ok_or_else(|| match open_invitation(order, page) {
        Err(why) => Failure::Nothing(why),
        Ok(_) => Failure::Nothing(format!("the QR code of {} is for no evaluation, or too long for a code", line(&order.number))),
    })
}

fn write(session: &mut Session<'_, '_>, file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if file != Path::new(STDOUT) {
        return replace(file, bytes);
    }
    session.console.out.write_all(bytes)?;
    Ok(session.console.out.flush()?)
}
