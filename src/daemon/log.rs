//! What is logged, and how: to stderr; where that is systemd's journal, with its levels and without times of our own.

use crate::settings::daemon::LogLevel;
use std::fmt;
use std::os::unix::fs::MetadataExt;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Changes the level of a log that runs.
pub struct LogHandle(Option<Box<dyn Fn(EnvFilter)>>);

impl LogHandle {
    /// From now on this is the least weight of what is logged.
    pub fn set(&self, level: LogLevel) {
        if let Some(set) = &self.0 {
            set(filter(level));
        }
    }
}

/// Begins to log. Within a test that did so before, that one's log goes on.
pub fn begin(level: LogLevel) -> LogHandle {
    let builder = tracing_subscriber::fmt().with_env_filter(filter(level)).with_writer(std::io::stderr).with_ansi(false);
    if stderr_is_the_journal() {
        let builder = builder.event_format(ForJournal(Format::default().without_time().with_level(false))).with_filter_reloading();
        let handle = builder.reload_handle();
        LogHandle(builder.try_init().is_ok().then(|| -> Box<dyn Fn(EnvFilter)> { Box::new(move |new| drop(handle.reload(new))) }))
    } else {
        let builder = builder.with_filter_reloading();
        let handle = builder.reload_handle();
        LogHandle(builder.try_init().is_ok().then(|| -> Box<dyn Fn(EnvFilter)> { Box::new(move |new| drop(handle.reload(new))) }))
    }
}

fn filter(level: LogLevel) -> EnvFilter {
    EnvFilter::new(format!("warn,workorderd={}", level.name()))
}

/// `JOURNAL_STREAM` names device and inode; it is inherited, so it counts only if stderr is that very stream.
fn stderr_is_the_journal() -> bool {
    let Some(named) = std::env::var("JOURNAL_STREAM").ok() else { return false };
    std::fs::metadata("/proc/self/fd/2").is_ok_and(|found| named == format!("{}:{}", found.dev(), found.ino()))
}

/// Lines with the level as systemd reads it (`SyslogLevelPrefix=`).
struct ForJournal(Format<Full, ()>);

impl<S, N> FormatEvent<S, N> for ForJournal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, cx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let level = match *event.metadata().level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        write!(writer, "<{level}>")?;
        self.0.format_event(cx, writer, event)
    }
}
