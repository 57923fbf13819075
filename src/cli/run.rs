//! From the arguments to the exit code.
//! Keeps: nothing is asked of the daemon before the arguments are known to make sense; a reader of the output that goes away ends
//! the program quietly.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use jiff::tz::TimeZone;

use super::args::{Arguments, Colour, Command, Global};
use super::args_more::EvaluationCommand;
use super::failure::Failure;
use super::session::{Console, Session};
use super::view::page::Page;
use super::view::paint::Paint;
use super::view::times::Times;
use super::{
    act, attachments, back_up, batch, calendar, definitions, directory, equipment, follow_ups, guest, import, on_site, orders, people,
    print, queues, replay, rules, system, to_dos, top, watch,
};

/// Columns of a page that is no terminal.
const PAGE_WIDTH: usize = 80;

/// The program.
pub fn main() -> ExitCode {
    let (mut out, mut err) = (std::io::stdout().lock(), std::io::stderr().lock());
    let terminal = out.is_terminal().then(|| terminal_size::terminal_size().map_or(PAGE_WIDTH, |(columns, _)| usize::from(columns.0)));
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let plain = set("NO_COLOR").is_some() || set("TERM").is_some_and(|term| term == "dumb");
    ExitCode::from(run(std::env::args_os(), &mut Console { out: &mut out, err: &mut err, terminal, plain, piped: true }))
}

/// Does what the arguments (the first is the program's name) ask for; the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>, console: &mut Console<'_>) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return say(&error, console),
    };
    let json = arguments.global.json;
    let Err(failure) = dispatch(arguments, console) else { return 0 };
    let code = failure.exit_code();
    if code != 0 {
        let text = if json { format!("{}\n", failure.as_json()) } else { failure.told() };
        // Where errors cannot be told, the exit code remains.
        let _ = console.err.write_all(text.as_bytes());
    }
    code
}

/// Help, version, or what is wrong with the arguments.
fn say(error: &clap::Error, console: &mut Console<'_>) -> u8 {
    let (text, colours) = (error.render(), console.terminal.is_some() && !console.plain);
    let text = if colours { text.ansi().to_string() } else { text.to_string() };
    let target = if error.use_stderr() { &mut *console.err } else { &mut *console.out };
    let _ = target.write_all(text.as_bytes());
    u8::try_from(error.exit_code()).unwrap_or(super::failure::USAGE)
}

fn dispatch(arguments: Arguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let Arguments { global, command } = arguments;
    if let Command::Completions { shell } = command {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "workorderctl", &mut text);
        return Ok(console.out.write_all(&text)?);
    }
    match &command {
        Command::Man { dir } => return manual(dir, console),
        Command::Bench(_) => return Err(Failure::Usage("`bench` comes first: workorderctl bench ...".to_owned())),
        _ => {}
    }
    for (given, applies, option) in [
        (global.expected_revision.is_some(), act::takes_revision(&command), "--expected-revision"),
        (global.request_id.is_some(), act::takes_request_id(&command), "--request-id"),
    ] {
        if given && !applies {
            return Err(Failure::Usage(format!("{option} means nothing for this command")));
        }
    }
    let page = page(&global, console)?;
    // Files are read before the daemon is troubled.
    let files = if let Command::Apply { dir, .. } = &command { definitions::read(dir)? } else { Vec::new() };
    let printed = if let Command::Print(args) = &command { Some(print::prepare(args.clone(), global.json, console)?) } else { None };
    if matches!(command, Command::Top) {
        return top::top(&global, console, page);
    }
    let session = &mut Session::open(&global, console, page)?;
    match command {
        Command::Act(mut command) => {
            if let Some(fields) = command.fields_mut() {
                attachments::bring(session, fields)?;
            }
            orders::act(session, act::step(&command))
        }
        Command::Create(mut create) => {
            attachments::bring(session, &mut create.fields)?;
            orders::create(session, create)
        }
        Command::Visit(command) => calendar::visit(session, command),
        Command::Call(of) => orders::call(session, of),
        Command::Calendar(of) => calendar::calendar(session, of),
        Command::Batch(of) => batch::batch(session, *of),
        Command::SaveAttachment { of, attachment, to } => attachments::save(session, &of.number, &attachment, to),
        Command::Print(_) => printed.map_or(Ok(()), |wanted| print::print(session, &wanted)),
        Command::List(list) => orders::list(session, list),
        Command::Queues => queues::queues(session),
        Command::Pressing(of) => queues::pressing(session, of),
        Command::Show { of, language } => orders::show(session, &of.number, language),
        Command::Why { about } => orders::why(session, about),
        Command::Explain { of, language } => orders::explain(session, &of.number, language),
        Command::Evaluation(EvaluationCommand::Explain { of }) => orders::explain_evaluation(session, &of.number),
        Command::Evaluation(EvaluationCommand::DryRun(of)) => rules::try_rules(session, of),
        Command::FollowUp(command) => follow_ups::follow_up(session, command),
        Command::Form(of) => orders::form(session, of),
        Command::History { of, limit } => orders::history(session, &of.number, limit),
        Command::Watch { number, after, to_dos } => watch::watch(session, number, after, to_dos),
        Command::ToDos(of) => to_dos::list(session, of),
        Command::RemindMe(of) => to_dos::remind_me(session, of),
        Command::Notices(command) => to_dos::notices(session, command),
        Command::Qr { of, invert, save } => orders::qr(session, &of.number, invert, save.as_deref()),
        Command::StaffUser(command) => people::staff_user(session, command),
        Command::UserGroup(command) => people::user_group(session, command),
        Command::ServiceProvider(command) => people::service_provider(session, command),
        Command::Department(command) => directory::department(session, command),
        Command::Absence(command) => directory::absence(session, command),
        Command::Group(command) => directory::group(session, command),
        Command::Account(command) => directory::account(session, command),
        Command::Contact(command) => directory::contact(session, command),
        Command::Lookup { query, exact } => directory::look_up(session, &query.join(" "), exact),
        Command::Product(command) => equipment::product(session, command),
        Command::Terminal(command) => equipment::terminal(session, command),
        Command::Import(args) => import::import(session, &args),
        Command::Apply { dry_run, .. } => definitions::apply(session, files, dry_run),
        Command::Definitions(arguments) => definitions::definitions(session, arguments),
        Command::Backup { dest, with_secret } => back_up::back_up(session, &dest, with_secret),
        Command::Status => system::status(session),
        Command::Whoami => system::whoami(session),
        Command::Clock(command) => system::clock(session, &command),
        Command::Sms(command) => system::sms(session, &command),
        Command::Labor(command) => on_site::labor(session, command),
        Command::ParkedTimers(command) => system::parked_timers(session, &command),
        Command::Guest(command) => guest::guest(session, command),
        Command::Replay(args) => replay::replay(session, &args),
        // Done above: these need no daemon, or a connection of their own.
        Command::Completions { .. } | Command::Man { .. } | Command::Bench(_) | Command::Top => Ok(()),
    }
}

/// Manual pages of the program and of every command.
fn manual(dir: &Path, console: &mut Console<'_>) -> Result<(), Failure> {
    let cannot = |e: std::io::Error| Failure::Usage(format!("{}: {e}", dir.display()));
    std::fs::create_dir_all(dir).map_err(cannot)?;
    clap_mangen::generate_to(Arguments::command(), dir).map_err(cannot)?;
    Ok(writeln!(console.out, "{}", dir.join("workorderctl.1").display())?)
}

fn page(global: &Global, console: &Console<'_>) -> Result<Page, Failure> {
    let zone = match &global.time_zone {
        Some(name) => {
            TimeZone::get(name).map_err(|_| Failure::Usage(format!("there is no time zone {name:?}; for example: Asia/Shanghai, UTC")))?
        }
        None => TimeZone::system(),
    };
    let colours = match global.color {
        Colour::Auto => console.terminal.is_some() && !console.plain,
        Colour::Always => true,
        Colour::Never => false,
    };
    let width = console.terminal.unwrap_or(PAGE_WIDTH).max(40);
    Ok(Page { width, paint: Paint(colours), times: Times { now: jiff::Timestamp::now().as_millisecond(), zone } })
}
