//! Reads the settings again at SIGHUP: all of them take effect, or none.
//!
//! Every layer is read and checked as at a start, secrets and certificates included. If anything is wrong, or a key has changed that
//! takes a restart ([`Change::Restart`](crate::settings::daemon::Change)), nothing is changed, and log and status say why.

use super::health::Health;
use super::log::LogHandle;
use super::prepare::{Prepared, prepare};
use crate::control::desk::{Desk, Reloaded};
use crate::control::limits::Bounds;
use crate::runtime::start::Running;
use crate::settings::daemon::{Difference, Loaded, SettingProblem, Sources, load};
use std::rc::Rc;

/// Most problems that the status keeps; the log has all.
const PROBLEMS_MAX: usize = 20;

/// Everything that a reload changes.
pub struct Reloader {
    pub sources: Sources,
    pub loaded: Loaded,
    /// For links; a reload must find the same one.
    pub secret: Option<[u8; 32]>,
    pub desk: Rc<Desk>,
    pub bounds: Bounds,
    pub log: LogHandle,
    pub health: Rc<Health>,
}

impl Reloader {
    /// Reloads, and says in log, status and to systemd how it went.
    pub fn reload(&mut self, running: &Running) {
        self.health.notifier.reloading();
        let problems = match self.read() {
            Ok((loaded, prepared, differences)) => {
                self.apply(loaded, prepared, running);
                let changed: Vec<_> = differences.iter().map(|d| d.key.name).collect();
                tracing::info!(changed = changed.join(" "), "the settings were reloaded");
                Vec::new()
            }
            Err(problems) => {
                for problem in &problems {
                    tracing::error!("settings: {problem}");
                }
                tracing::error!(problems = problems.len(), "the reload was refused, nothing was changed");
                problems
            }
        };
        let mut told: Vec<_> = problems.iter().take(PROBLEMS_MAX).map(ToString::to_string).collect();
        if problems.len() > PROBLEMS_MAX {
            told.push(format!("and {} more; the log has all", problems.len() - PROBLEMS_MAX));
        }
        self.desk.reloaded.replace_with(|before| Reloaded { count: before.count + 1, at: Some(running.runtime.now()), problems: told });
        self.health.notifier.ready(&self.health.line());
    }

    fn read(&self) -> Result<(Loaded, Prepared, Vec<Difference>), Vec<SettingProblem>> {
        let loaded = load(&self.sources)?;
        let differences = self.loaded.differences(&loaded);
        let mut problems: Vec<_> = differences.iter().filter_map(Difference::refused).collect();
        let told_already = problems.iter().any(|p| p.key == "links.secret_file");
        match prepare(&loaded) {
            Ok(prepared) => {
                if prepared.secret != self.secret && !told_already {
                    problems.push(SettingProblem {
                        source: loaded.origin("links.secret_file").unwrap_or("settings").to_owned(),
                        key: "links.secret_file".to_owned(),
                        problem: "the secret in it is another one than before, which takes a restart".to_owned(),
                        hint: Some("with another secret, links that customers have no longer open".to_owned()),
                    });
                }
                if problems.is_empty() { Ok((loaded, prepared, differences)) } else { Err(problems) }
            }
            Err(mut more) => {
                more.append(&mut problems);
                Err(more)
            }
        }
    }

    fn apply(&mut self, loaded: Loaded, prepared: Prepared, running: &Running) {
        self.log.set(loaded.settings.log.level);
        self.health.set_mail(prepared.post.smtp.is_some());
        self.desk.base_url.replace(prepared.post.letterhead.base_url.clone());
        self.desk.service_ticket_types.set(loaded.settings.definitions.service_ticket_types);
        self.desk.look_up.set(loaded.settings.look_up);
        self.desk.portal.set(loaded.settings.portal);
        self.desk.peers.set(prepared.peers);
        self.bounds.set(prepared.limits);
        running.runtime.set_reach(loaded.settings.people);
        running.runtime.set_reserve(loaded.settings.data.reserve_bytes);
        running.runtime.set_journal_keep(loaded.settings.data.journal_keep_bytes);
        running.runtime.set_keep_unnamed(loaded.settings.data.keep_unnamed);
        running.set_post(prepared.post);
        self.loaded = loaded;
    }
}
