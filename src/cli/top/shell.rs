//! The terminal around the board: keys, signals and answers come in over one channel, the screen goes out.
//! Keeps: however the program ends (a key, an error, a panic, SIGTERM, SIGHUP), the terminal is put back first.

use std::fs::File;
use std::io::{BufWriter, IsTerminal};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{
    self as keyboard, DisableBracketedPaste, EnableBracketedPaste, Event as Typed, KeyCode, KeyEvent, KeyEventKind, KeyModifiers,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::style::force_color_output;
use ratatui::crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::event::{Answer, Call, Event, Key};
use super::model::Model;
use super::view;
use super::worker::Worker;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::session::{Console, connect, random_id};
use crate::cli::view::page::Page;
use crate::client::connection::ClientError;

/// Between two looks; longer, if a look takes its time.
const PACE: Duration = Duration::from_secs(2);
/// A look may take this part of the time.
const SHARE: u32 = 10;

/// What comes in.
pub enum Input {
    /// For the board.
    Event(Event),
    /// A signal that ends the program.
    Signal(i32),
    /// A thread has ended that should not.
    Gone(&'static str),
}

/// Whether the terminal is ours.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The board, until it is left.
///
/// # Errors
/// There is no terminal, the daemon cannot be reached at the beginning, or the terminal fails.
pub fn top(global: &Global, console: &mut Console<'_>, page: Page) -> Result<(), Failure> {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let wrong = match (global.json, console.terminal, dumb) {
        (true, ..) => Some("top draws a board; --json means nothing for it (for programs: list, status, watch)"),
        (_, None, _) => Some("top needs a terminal, and standard output is none (for programs: list, status, watch)"),
        _ if !std::io::stdin().is_terminal() => Some("top needs a terminal, and standard input is none"),
        (_, _, true) => Some("top needs a terminal that can be drawn on, and TERM is dumb"),
        _ => None,
    };
    if let Some(wrong) = wrong {
        return Err(Failure::Usage(wrong.to_owned()));
    }
    let run = random_id()?;
    let client = connect(global)?;
    let mut model = Model::new(terminal::size()?, page, run);
    if model.colours {
        // Asked for in spite of NO_COLOR, or NO_COLOR is not set.
        force_color_output(true);
    }
    let (inputs, received) = channel();
    let (calls, asked) = channel();
    let worker = Worker::new(global.clone(), client, Instant::now());
    watched("the connection", &inputs, move |inputs| worker.run(&asked, inputs))?;
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    let ended = {
        let _taken = Taken::take()?;
        watched("the keyboard", &inputs, type_on)?;
        watched("signals", &inputs, move |inputs| {
            for signal in &mut signals {
                if inputs.send(Input::Signal(signal)).is_err() {
                    return;
                }
            }
        })?;
        board(&mut model, &received, &calls)
    };
    if let Some(signal) = ended? {
        signal_hook::low_level::emulate_default_handler(signal)?;
    }
    match &model.writing {
        None => Ok(()),
        Some(write) => {
            let reason = format!("{} {} was left before its answer came", write.method, write.number);
            Err(Failure::Unknown(ClientError::Protocol { path: global.socket.clone(), reason }, write.request_id.clone()))
        }
    }
}

/// Draws and listens until the end; the signal that brought it, if one did.
fn board(model: &mut Model, received: &Receiver<Input>, calls: &Sender<Call>) -> Result<Option<i32>, Failure> {
    // Not the locked standard output of this process: a panic elsewhere has to get at the terminal, too.
    let out = BufWriter::new(File::from(std::io::stdout().as_fd().try_clone_to_owned()?));
    let mut screen = Terminal::new(CrosstermBackend::new(out))?;
    let (mut due, mut asked) = (Instant::now(), Instant::now());
    while !model.over {
        // A change may come before the keyboard is listened to, and then no event tells of it.
        let size = screen.size()?;
        if model.size != (size.width, size.height) {
            model.update(Event::Size(size.width, size.height));
        }
        screen.draw(|frame| view::draw(model, frame.buffer_mut()))?;
        let mut next = match received.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(input) => Some(input),
            Err(RecvTimeoutError::Timeout) => {
                due = Instant::now() + PACE;
                Some(Input::Event(Event::Due))
            }
            Err(RecvTimeoutError::Disconnected) => return Err(Failure::Nothing("the board has nobody to listen to".to_owned())),
        };
        // All that is there is taken in before it is drawn.
        while let Some(input) = next {
            let event = match input {
                Input::Event(event) => event,
                Input::Signal(signal) => return Ok(Some(signal)),
                Input::Gone(what) => return Err(Failure::Nothing(format!("{what} of the board has ended; this is a defect"))),
            };
            if matches!(&event, Event::Answered(answer) if matches!(**answer, Answer::Looked(..))) {
                due = Instant::now() + PACE.max(asked.elapsed() * SHARE);
            }
            for call in model.update(event) {
                if matches!(call, Call::Look { .. }) {
                    asked = Instant::now();
                }
                if calls.send(call).is_err() {
                    return Err(Failure::Nothing("the connection of the board has ended; this is a defect".to_owned()));
                }
            }
            next = received.try_recv().ok();
        }
    }
    Ok(None)
}

/// A thread whose end is told.
fn watched(what: &'static str, inputs: &Sender<Input>, work: impl FnOnce(&Sender<Input>) + Send + 'static) -> Result<(), Failure> {
    struct End(Sender<Input>, &'static str);
    impl Drop for End {
        fn drop(&mut self) {
            let _ = self.0.send(Input::Gone(self.1));
        }
    }
    let end = End(inputs.clone(), what);
    std::thread::Builder::new().name(what.to_owned()).spawn(move || {
        let end = end;
        work(&end.0);
    })?;
    Ok(())
}

fn type_on(inputs: &Sender<Input>) {
    while let Ok(typed) = keyboard::read() {
        let event = match typed {
            Typed::Key(typed) if typed.kind != KeyEventKind::Release => key(typed).map(Event::Key),
            Typed::Paste(text) => Some(Event::Pasted(text)),
            Typed::Resize(columns, rows) => Some(Event::Size(columns, rows)),
            _ => None,
        };
        if event.is_some_and(|event| inputs.send(Input::Event(event)).is_err()) {
            return;
        }
    }
}

fn key(typed: KeyEvent) -> Option<Key> {
    let control = typed.modifiers.contains(KeyModifiers::CONTROL);
    Some(match typed.code {
        KeyCode::Char('c') if control => Key::Interrupt,
        KeyCode::Char(_) if control || typed.modifiers.contains(KeyModifiers::ALT) => return None,
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Tab | KeyCode::BackTab => Key::Tab,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Backspace => Key::Backspace,
        _ => return None,
    })
}

/// The terminal, as long as it is ours.
struct Taken;

impl Taken {
    fn take() -> Result<Taken, Failure> {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // What it says is to stand on the screen that stays.
            give_back();
            before(panic);
        }));
        TAKEN.store(true, Ordering::SeqCst);
        // From here on it is given back also if the rest fails.
        let taken = Taken;
        terminal::enable_raw_mode()?;
        execute!(raw_output()?, EnterAlternateScreen, EnableBracketedPaste)?;
        Ok(taken)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // Where this fails, there is no terminal any more.
        if let Ok(mut out) = raw_output() {
            let _ = execute!(out, DisableBracketedPaste, LeaveAlternateScreen, Show);
        }
        let _ = terminal::disable_raw_mode();
    }
}

fn raw_output() -> std::io::Result<File> {
    std::io::stdout().as_fd().try_clone_to_owned().map(File::from)
}
