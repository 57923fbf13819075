//! What hostile bytes are held against: for each kind of bytes that comes from outside or from a disk, a function that must neither
//! panic nor take long, whatever it is given. The fuzzers in `tests/fuzz` run them with bytes of their own making, the push set with
//! those in `tests/corpus`, which the fuzzers have found to lead to different places. Needs nothing of the other tests.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use workorderd::codec::{key, record, row};
use workorderd::journal::{Entry, Found, Journal, Options, Previous, Storage, StorageFile, scan_all, verify_chain};
use workorderd::protocol::idl::Interface;
use workorderd::protocol::varlink::{Call, Reply};
use workorderd::settings::definitions;

/// A frame of the control socket: what is read as a call is written as one that is read as the same.
pub fn frame(bytes: &[u8]) {
    if let Ok(call) = Call::parse(bytes) {
        let again = serde_json::to_vec(&call).expect("a call can be written");
        assert_eq!(Call::parse(&again).expect("and read"), call);
    }
    if let Ok(reply) = Reply::parse(bytes) {
        let again = serde_json::to_vec(&reply).expect("a reply can be written");
        assert_eq!(Reply::parse(&again).expect("and read"), reply);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Interface::parse(text);
    }
}

/// A stored row, a record's body with its personal values (zeros between them), or a key: what decodes encodes to what decodes to the same.
pub fn codec(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else { return };
    match which % 3 {
        0 => {
            if let Ok((head, state)) = row::decode(bytes) {
                let encoded = row::encode(&head, &row::encode_state(&state).expect("a state")).expect("a row");
                assert_eq!(row::decode(&encoded).expect("a row"), (head, state));
            }
        }
        1 => {
            let Some((length, bytes)) = bytes.split_first_chunk::<2>() else { return };
            let (body, personal) = bytes.split_at(usize::from(u16::from_le_bytes(*length)).min(bytes.len()));
            let _ = record::decode(body, []);
            if let Ok(step) = record::decode(body, personal.split(|b| *b == 0).map(Some)) {
                let parts = record::encode(&step).expect("a step");
                let again = record::decode(&parts.body, parts.personal.iter().map(Option::as_deref));
                assert_eq!(again.expect("a step"), step);
            }
        }
        _ => {
            if let Ok(found) = key::decode(bytes) {
                assert_eq!(key::decode(&key::encode(&found)).expect("a key"), found);
            }
        }
    }
}

/// A definition file: what is accepted is written as files that give the same.
pub fn definition(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let files = [("company.toml".to_owned(), text.to_owned())];
    match definitions::parse(&files) {
        Ok(found) => {
            let written = definitions::write::files(&found);
            assert_eq!(definitions::parse(&written).expect("what is exported applies"), found);
        }
        Err(problems) => assert!(!problems.is_empty()),
    }
}

/// Edits of a sound journal, sealed with right checksums: nobody takes it for the one that was written. Four bytes are an edit: where
/// (two), what to do, and with what.
pub fn journal(bytes: &[u8]) {
    let (disk, head) = sound();
    let disk = disk.copy();
    {
        let mut files = disk.0.lock().expect("nobody else");
        let segment = files.get_mut(SEGMENT).expect("there is one");
        let mut edited = segment.lock().expect("nobody else");
        for edit in bytes.chunks_exact(4) {
            let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % edited.len();
            // Whose the segment is: with another id it is another journal, which `verify` holds against the data folder.
            let at = if (24..40).contains(&at) { at + 16 } else { at };
            match edit[2] % 3 {
                0 => edited[at] = edit[3],
                1 => edited[at] ^= edit[3],
                _ => {
                    let end = if at < 24 { 24 } else { edited.len() };
                    let length = usize::from(edit[3]).min(end - at);
                    let piece = edited[64..64 + length].to_vec();
                    edited[at..at + length].copy_from_slice(&piece);
                }
            }
        }
        seal(&mut edited);
    }
    if let Ok(verified) = verify_chain(Arc::new(disk.copy()), &mut |_| Ok(())) {
        assert_eq!((verified.head.sequence, verified.head.hash), head, "another history is taken for this one");
    }
    let _ = scan_all(Arc::new(disk.copy()), &mut |found| {
        if let Found::Record(record) = found {
            let _ = record.hash();
        }
        Ok(())
    });
    if let Ok((journal, _)) = Journal::open(Arc::new(disk), OPTIONS, None, &mut |_| Ok(())) {
        assert_eq!((journal.head().sequence, journal.head().hash), head, "another history is gone on with");
    }
}

const ID: [u8; 16] = *b"installation-one";
const OPTIONS: Options = Options { segment_bytes: 4096, installation: ID, epoch: 1 };
const SEGMENT: &str = "00000001.seg";

/// A journal of three groups, and its head.
fn sound() -> (&'static Memory, (u64, [u8; 32])) {
    static SOUND: OnceLock<(Memory, (u64, [u8; 32]))> = OnceLock::new();
    let (memory, head) = SOUND.get_or_init(|| {
        let memory = Memory::default();
        let (mut journal, _) = Journal::open(Arc::new(memory.clone()), OPTIONS, None, &mut |_| Ok(())).expect("a new journal");
        for group in 1..4_u64 {
            let body = vec![group as u8; 40 * group as usize];
            let personal = ["王伟", "wang@example.cn"].map(|value| Some(value.as_bytes().into()));
            let entry = Entry {
                key: b"WO-1",
                revision: group,
                previous: Previous::None,
                time: 7,
                body: &body,
                personal: &personal,
                seed: [group as u8; 16],
            };
            journal.append(&vec![entry; group as usize]).expect("room");
        }
        let head = journal.head();
        (memory, (head.sequence, head.hash))
    });
    (memory, *head)
}

/// Gives every record, as far as lengths lead from one to the next, a checksum that is right.
fn seal(bytes: &mut [u8]) {
    let sum = crc32fast::hash(&bytes[..60]);
    bytes[60..64].copy_from_slice(&sum.to_le_bytes());
    let mut at = 64;
    while let Some(length) = bytes.get(at..at + 4) {
        let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
        if length < 8 || bytes.len() - at < length {
            break;
        }
        let mut hasher = crc32fast::Hasher::new_with_initial(crc32fast::hash(&ID));
        hasher.update(&bytes[at + 8..at + length]);
        bytes[at + 4..at + 8].copy_from_slice(&hasher.finalize().to_le_bytes());
        at += length;
    }
}

type File = Arc<Mutex<Vec<u8>>>;

/// A folder in memory on which nothing fails.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<BTreeMap<String, File>>>);

struct Open(File);

impl Memory {
    fn copy(&self) -> Memory {
        let files = self.0.lock().expect("nobody else");
        let copy = |(name, file): (&String, &File)| (name.clone(), Arc::new(Mutex::new(file.lock().expect("nobody else").clone())));
        Memory(Arc::new(Mutex::new(files.iter().map(copy).collect())))
    }
}

impl Storage for Memory {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().expect("nobody else").keys().cloned().collect())
    }
    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let file = File::default();
        self.0.lock().expect("nobody else").insert(name.to_owned(), Arc::clone(&file));
        Ok(Box::new(Open(file)))
    }
    fn open(&self, name: &str, _write: bool) -> io::Result<Box<dyn StorageFile>> {
        let file = self.0.lock().expect("nobody else").get(name).cloned();
        file.map(|file| Box::new(Open(file)) as Box<dyn StorageFile>).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.0.lock().expect("nobody else");
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.lock().expect("nobody else").remove(name).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn sync_dir(&self) -> io::Result<()> {
        Ok(())
    }
}

impl StorageFile for Open {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().expect("nobody else").len() as u64)
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let bytes = self.0.lock().expect("nobody else");
        let from = bytes.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
        let n = from.len().min(buf.len());
        buf[..n].copy_from_slice(&from[..n]);
        Ok(n)
    }
    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize> {
        let mut bytes = self.0.lock().expect("nobody else");
        let end = offset as usize + buf.len();
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[offset as usize..end].copy_from_slice(buf);
        Ok(buf.len())
    }
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
    fn sync_all(&self) -> io::Result<()> {
        Ok(())
    }
}
