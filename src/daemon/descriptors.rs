//! How many files and connections this process may have open: as many as the system lets it, and never so many connections that the
//! journal could not open its next segment.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Kept for journal, store, mails and attachments: a quarter of all, within these.
const KEPT: (u64, u64) = (64, 1024);
/// However few there are.
const LEAST: usize = 8;

/// Raises the limit that holds to the highest there may be: the usual one of 1024 is of an age in which programs could not have more.
pub fn raise() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
}

/// How many connections each of the two sockets may take of those that the settings want, and of these one user.
pub fn connections(wanted: usize, of_user: usize) -> (usize, usize) {
    let taken = fitting(wanted, getrlimit(Resource::Nofile).maximum);
    if taken < wanted {
        tracing::warn!(wanted, taken, "fewer connections are taken than control.connections_total says: too few files may be open");
    }
    (taken, share(of_user, taken, wanted))
}

/// Where one user's share would be all of the fewer connections there are, half of them is for others; unless the settings give nobody
/// else a place either.
fn share(of_user: usize, taken: usize, wanted: usize) -> usize {
    let nobody_else = of_user >= taken && of_user < wanted;
    if nobody_else { (taken / 2).max(1) } else { of_user.min(taken) }
}

/// `files`: how many may be open; none: without limit.
fn fitting(wanted: usize, files: Option<u64>) -> usize {
    let Some(files) = files else { return wanted };
    let kept = (files / 4).clamp(KEPT.0, KEPT.1);
    let each = usize::try_from(files.saturating_sub(kept) / 2).unwrap_or(usize::MAX);
    wanted.min(each.max(LEAST))
}

#[cfg(test)]
mod tests {
    use super::{fitting, share};

    #[test]
    fn what_is_kept_for_the_journal_is_not_given_to_connections() {
        assert_eq!(fitting(1024, None), 1024);
        assert_eq!(fitting(1024, Some(1 << 20)), 1024);
        assert_eq!(fitting(65_536, Some(16_384)), 7680);
        assert_eq!(fitting(1024, Some(1024)), 384);
        assert_eq!(fitting(1024, Some(100)), 18);
        assert_eq!(fitting(1024, Some(20)), 8);
        assert_eq!(fitting(2, Some(1024)), 2);
    }

    #[test]
    fn nobody_gets_all_of_the_fewer_connections_there_are() {
        assert_eq!(share(256, 1024, 1024), 256);
        assert_eq!(share(3000, 4000, 4000), 3000, "not fewer than the settings say");
        assert_eq!(share(256, 384, 1024), 256);
        assert_eq!(share(256, 256, 1024), 128);
        assert_eq!(share(256, 8, 1024), 4);
        assert_eq!(share(4000, 68, 4000), 68);
        assert_eq!(share(10, 68, 4000), 10);
    }
}
