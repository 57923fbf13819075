//! A simulated disk: a `Storage` that knows what was synced and what was not, and can lose power.
//! Invariant: what was covered by a successful sync survives a crash; everything else may survive in any part and
//! order (sectors of 512 bytes, directory entries one by one). A failed fsync drops data but leaves it readable.
//! Which faults happen when is left to the test.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use workorderd::journal::{Storage, StorageFile};

const SECTOR: u64 = 512;

/// What a test wants to go wrong. Counted over all calls of its kind since the fault was set; 0 is the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The n-th write fails with EIO; nothing is written.
    Write(u64),
    /// The n-th write fails with ENOSPC.
    Full(u64),
    /// The n-th write takes only its first half and says so.
    ShortWrite(u64),
    /// The n-th write or read is interrupted once.
    Interrupt(u64),
    /// The n-th sync of a file fails with EIO: its unsynced bytes are lost, but stay readable until the crash.
    Sync(u64),
    /// The n-th open or create fails with EIO.
    Open(u64),
    /// The n-th read gives only half of what was asked for.
    ShortRead(u64),
    /// The n-th call of any kind, reading ones included, fails with this error of the system. A sync then fails as above.
    Call(u64, i32),
    /// Power fails in the n-th changing call (write, sync, create, rename, remove, sync of the folder).
    Power(u64),
}

#[derive(Clone, Default)]
struct Inode {
    now: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<(u64, Vec<u8>)>,
}

enum Entry {
    Link(String, usize),
    Rename(String, String, usize),
    Unlink(String),
}

#[derive(Default)]
struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    pending_names: Vec<Entry>,
    life: u64,
    dead: bool,
    faults: Vec<Fault>,
    /// Calls so far that change something.
    changes: u64,
    /// Successful and failed syncs of files so far.
    syncs: u64,
}

/// A handle to the simulated disk; clones share it.
#[derive(Clone, Default)]
pub struct SimDisk(Arc<Mutex<State>>);

enum Call {
    Write,
    Sync,
    Open,
    Read,
    /// Lists a folder or measures a file.
    Look,
    Other,
}

enum Verdict {
    Go,
    Short,
    LosePower,
    FailSync(i32),
}

impl State {
    /// Counts the call down on all faults and says what becomes of it.
    fn judge(&mut self, call: &Call) -> io::Result<Verdict> {
        if self.dead {
            return Err(io::Error::other("power is off"));
        }
        let changing = !matches!(call, Call::Read | Call::Look);
        self.changes += u64::from(changing);
        let mut hit = None;
        self.faults.retain_mut(|fault| {
            let (counts, left) = match fault {
                Fault::Write(n) | Fault::Full(n) | Fault::ShortWrite(n) => (matches!(call, Call::Write), n),
                Fault::Interrupt(n) => (matches!(call, Call::Write | Call::Read), n),
                Fault::Sync(n) => (matches!(call, Call::Sync), n),
                Fault::Open(n) => (matches!(call, Call::Open), n),
                Fault::ShortRead(n) => (matches!(call, Call::Read), n),
                Fault::Call(n, _) => (true, n),
                Fault::Power(n) => (changing, n),
            };
            if counts && *left == 0 {
                hit = Some(*fault);
                return false;
            }
            *left -= u64::from(counts);
            true
        });
        match hit {
            None => Ok(Verdict::Go),
            Some(Fault::Write(_) | Fault::Open(_)) => Err(io::Error::from_raw_os_error(5)),
            Some(Fault::Full(_)) => Err(io::Error::from_raw_os_error(28)),
            Some(Fault::ShortWrite(_) | Fault::ShortRead(_)) => Ok(Verdict::Short),
            Some(Fault::Call(_, errno)) if matches!(call, Call::Sync) => Ok(Verdict::FailSync(errno)),
            Some(Fault::Call(_, errno)) => Err(io::Error::from_raw_os_error(errno)),
            Some(Fault::Interrupt(_)) => Err(io::ErrorKind::Interrupted.into()),
            Some(Fault::Sync(_)) => Ok(Verdict::FailSync(5)),
            Some(Fault::Power(_)) => {
                self.dead = true;
                Ok(Verdict::LosePower)
            }
        }
    }

    fn change(&mut self, call: &Call) -> io::Result<()> {
        match self.judge(call)? {
            Verdict::LosePower => Err(io::Error::other("power failed")),
            _ => Ok(()),
        }
    }
}

fn put(bytes: &mut Vec<u8>, offset: u64, new: &[u8]) {
    let end = offset as usize + new.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset as usize..end].copy_from_slice(new);
}

impl SimDisk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds the disk")
    }

    /// Lets something go wrong.
    pub fn inject(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// Takes back all faults that have not happened; gives how many there were.
    pub fn forgive(&self) -> usize {
        std::mem::take(&mut self.lock().faults).len()
    }

    /// Calls so far that changed something: the points at which power can fail.
    pub fn changes(&self) -> u64 {
        self.lock().changes
    }

    /// Syncs of files so far, failed ones included.
    pub fn syncs(&self) -> u64 {
        self.lock().syncs
    }

    /// Whether the power has failed.
    pub fn is_off(&self) -> bool {
        self.lock().dead
    }

    /// The process ends, the machine does not: open files are lost, everything written stays readable.
    pub fn kill(&self) {
        let mut state = self.lock();
        state.life += 1;
        state.dead = false;
        state.faults.clear();
    }

    /// The machine ends: unsynced writes and directory entries survive as `rng` will have it.
    pub fn crash(&self, rng: &mut fastrand::Rng) {
        let mut guard = self.lock();
        let state = &mut *guard;
        // How much survives is drawn per crash, so that all, nothing and everything between come up.
        let odds = [0.0, 0.2, 0.5, 0.8, 0.95, 1.0][rng.usize(..6)];
        let in_order = rng.bool();
        for inode in &mut state.inodes {
            let mut stopped = false;
            for (offset, bytes) in std::mem::take(&mut inode.pending) {
                let mut at = 0;
                while at < bytes.len() {
                    let here = offset + at as u64;
                    let room = (SECTOR - here % SECTOR) as usize;
                    let n = room.min(bytes.len() - at);
                    let kept = rng.f64() < odds;
                    stopped |= in_order && !kept;
                    if kept && !stopped {
                        put(&mut inode.durable, here, &bytes[at..at + n]);
                    }
                    at += n;
                }
            }
            inode.now = inode.durable.clone();
        }
        let mut stopped = false;
        for entry in std::mem::take(&mut state.pending_names) {
            let kept = rng.f64() < odds;
            stopped |= in_order && !kept;
            if !kept || stopped {
                continue;
            }
            match entry {
                Entry::Link(name, inode) => {
                    state.durable_names.insert(name, inode);
                }
                Entry::Rename(from, to, inode) => {
                    state.durable_names.remove(&from);
                    state.durable_names.insert(to, inode);
                }
                Entry::Unlink(name) => {
                    state.durable_names.remove(&name);
                }
            }
        }
        state.names = state.durable_names.clone();
        state.life += 1;
        state.dead = false;
        state.faults.clear();
    }

    /// Contents of a file, if there is one.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.lock();
        let inode = *state.names.get(name)?;
        Some(state.inodes[inode].now.clone())
    }

    /// Replaces the contents of a file durably, behind everybody's back.
    pub fn tamper(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.lock();
        let inode = state.names[name];
        let inode = &mut state.inodes[inode];
        change(&mut inode.now);
        inode.durable = inode.now.clone();
        inode.pending.clear();
    }

    /// Puts a file there durably.
    pub fn plant(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.lock();
        let (now, durable) = (bytes.clone(), bytes);
        state.inodes.push(Inode { now, durable, pending: Vec::new() });
        let inode = state.inodes.len() - 1;
        state.names.insert(name.to_string(), inode);
        state.durable_names.insert(name.to_string(), inode);
    }

    /// Removes a file durably.
    pub fn lose(&self, name: &str) {
        let mut state = self.lock();
        state.names.remove(name);
        state.durable_names.remove(name);
    }

    /// A disk of its own in the same condition: what is synced here is synced there, and what is not is not.
    pub fn fork(&self) -> SimDisk {
        let state = self.lock();
        let pending = |entry: &Entry| match entry {
            Entry::Link(name, inode) => Entry::Link(name.clone(), *inode),
            Entry::Rename(from, to, inode) => Entry::Rename(from.clone(), to.clone(), *inode),
            Entry::Unlink(name) => Entry::Unlink(name.clone()),
        };
        SimDisk(Arc::new(Mutex::new(State {
            inodes: state.inodes.clone(),
            names: state.names.clone(),
            durable_names: state.durable_names.clone(),
            pending_names: state.pending_names.iter().map(pending).collect(),
            ..State::default()
        })))
    }

    /// A disk of its own with the same names and contents, all of it durable.
    pub fn copy(&self) -> SimDisk {
        let copy = SimDisk::default();
        for name in self.list().expect("the disk is on") {
            copy.plant(&name, self.bytes(&name).expect("it is listed"));
        }
        copy
    }
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Storage for SimDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut state = self.lock();
        state.judge(&Call::Look)?;
        Ok(state.names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let mut state = self.lock();
        state.change(&Call::Open)?;
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.inodes.push(Inode::default());
        let inode = state.inodes.len() - 1;
        state.names.insert(name.to_string(), inode);
        state.pending_names.push(Entry::Link(name.to_string(), inode));
        let (disk, life) = (self.clone(), state.life);
        Ok(Box::new(SimFile { disk, inode, life, write: true }))
    }

    fn open(&self, name: &str, write: bool) -> io::Result<Box<dyn StorageFile>> {
        let mut state = self.lock();
        state.change(&Call::Open)?;
        let inode = *state.names.get(name).ok_or_else(not_found)?;
        let (disk, life) = (self.clone(), state.life);
        Ok(Box::new(SimFile { disk, inode, life, write }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.lock();
        state.change(&Call::Other)?;
        if state.names.contains_key(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = state.names.remove(from).ok_or_else(not_found)?;
        state.names.insert(to.to_string(), inode);
        let entry = Entry::Rename(from.to_string(), to.to_string(), inode);
        state.pending_names.push(entry);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.lock();
        state.change(&Call::Other)?;
        state.names.remove(name).ok_or_else(not_found)?;
        state.pending_names.push(Entry::Unlink(name.to_string()));
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.change(&Call::Other)?;
        state.durable_names = state.names.clone();
        state.pending_names.clear();
        Ok(())
    }
}

struct SimFile {
    disk: SimDisk,
    inode: usize,
    life: u64,
    write: bool,
}

impl SimFile {
    fn state(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.lock();
        match state.life == self.life {
            true => Ok(state),
            false => Err(io::Error::other("this file was open before the crash")),
        }
    }
}

impl StorageFile for SimFile {
    fn len(&self) -> io::Result<u64> {
        let mut state = self.state()?;
        state.judge(&Call::Look)?;
        Ok(state.inodes[self.inode].now.len() as u64)
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.state()?;
        let half = matches!(state.judge(&Call::Read)?, Verdict::Short);
        let bytes = &state.inodes[self.inode].now;
        let from = bytes.len().min(offset as usize);
        let n = buf.len().min(bytes.len() - from);
        let n = if half { n.div_ceil(2) } else { n };
        buf[..n].copy_from_slice(&bytes[from..from + n]);
        Ok(n)
    }

    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize> {
        assert!(self.write, "the file was opened for reading only");
        let mut state = self.state()?;
        let verdict = state.judge(&Call::Write)?;
        let n = match verdict {
            Verdict::Short => buf.len().div_ceil(2),
            _ => buf.len(),
        };
        let inode = &mut state.inodes[self.inode];
        put(&mut inode.now, offset, &buf[..n]);
        inode.pending.push((offset, buf[..n].to_vec()));
        match verdict {
            Verdict::LosePower => Err(io::Error::other("power failed")),
            _ => Ok(n),
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state()?;
        state.syncs += 1;
        let verdict = state.judge(&Call::Sync)?;
        if matches!(verdict, Verdict::LosePower) {
            return Err(io::Error::other("power failed"));
        }
        let inode = &mut state.inodes[self.inode];
        let pending = std::mem::take(&mut inode.pending);
        if let Verdict::FailSync(errno) = verdict {
            // The pages are marked clean: no later sync will write them.
            return Err(io::Error::from_raw_os_error(errno));
        }
        for (offset, bytes) in pending {
            put(&mut inode.durable, offset, &bytes);
        }
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }
}
