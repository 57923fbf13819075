//! What happens on Ctrl-C (and SIGTERM, SIGHUP): the daemon's process is killed and the folder removed before the demo ends.
//! While the demo stays, the same signals only tell it to stop in order. A panic or an error takes the drop guards instead.

use super::error::{DemoError, Result};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Exit code after Ctrl-C, as shells tell it.
const EXIT_INTERRUPTED: i32 = 130;

/// The daemon's process, shared by the stage and the one who waits for signals.
#[derive(Debug, Clone, Default)]
pub struct Keeper(Arc<Kept>);

#[derive(Debug, Default)]
struct Kept {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    child: Option<Child>,
    /// No process may be started any more.
    closed: bool,
    /// Signals are told, and do not end the demo.
    staying: bool,
    told: bool,
}

impl Keeper {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a process, unless the demo is ending. One at a time.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn spawn(&self, command: &mut Command) -> Result<u32> {
        let mut state = self.state();
        if state.closed || state.child.is_some() {
            return Err(DemoError::Unexpected("the demo is ending, or a daemon runs already".into()));
        }
        let child = command.spawn().map_err(DemoError::io("starting the daemon"))?;
        let pid = child.id();
        state.child = Some(child);
        Ok(pid)
    }

    /// How the process ended, if it has; it is forgotten then.
    pub fn ended(&self) -> Option<std::process::ExitStatus> {
        let mut state = self.state();
        let status = state.child.as_mut()?.try_wait().ok().flatten()?;
        state.child = None;
        Some(status)
    }

    /// SIGKILL, and waits for its end.
    pub fn kill(&self) {
        if let Some(mut child) = self.state().child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Signals end the demo from now on, and remove the folder.
    ///
    /// # Errors
    /// Signals cannot be waited for.
    pub fn watch(&self, folder: &Path) -> Result<()> {
        let failed = || DemoError::io("waiting for signals");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed())?;
        let mut signals = {
            let _inside = runtime.enter();
            let listen = |kind| signal(kind).map_err(failed());
            [listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?]
        };
        let (keeper, folder) = (self.clone(), folder.to_owned());
        std::thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                loop {
                    runtime.block_on(any(&mut signals));
                    keeper.signalled(&folder);
                }
            })
            .map_err(failed())?;
        Ok(())
    }

    fn signalled(&self, folder: &PathBuf) {
        let mut state = self.state();
        if state.staying {
            state.told = true;
            self.0.changed.notify_all();
            return;
        }
        state.closed = true;
        drop(state);
        self.kill();
        let _ = std::fs::remove_dir_all(folder);
        std::process::exit(EXIT_INTERRUPTED);
    }

    /// Waits until a signal comes, or the process ends by itself (false).
    pub fn wait_for_signal(&self) -> bool {
        let mut state = self.state();
        state.staying = true;
        loop {
            if state.told {
                state.staying = false;
                return true;
            }
            if state.child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None))) {
                return false;
            }
            let look_again = std::time::Duration::from_millis(500);
            (state, _) = self.0.changed.wait_timeout(state, look_again).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

async fn any([interrupt, terminate, hangup]: &mut [Signal; 3]) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}
