//! The journal's folder and its archive's, on one disk of the world: power fails for both at once.

use super::disk::SimDisk;
use std::io;
use std::sync::Arc;
use workorderd::journal::{Storage, StorageFile, WithArchive};

/// A folder of a disk; the one without a name is the disk's own.
#[derive(Clone)]
pub struct Folder(pub SimDisk, pub &'static str);

impl Folder {
    fn at(&self, name: &str) -> String {
        if self.1.is_empty() { name.to_owned() } else { format!("{}/{name}", self.1) }
    }
}

impl Storage for Folder {
    fn list(&self) -> io::Result<Vec<String>> {
        let mine = |name: &String| {
            name.rsplit_once('/').map_or(("", name.as_str()), |parts| parts) == (self.1, name.rsplit('/').next().unwrap_or(""))
        };
        Ok(self.0.list()?.into_iter().filter(mine).map(|name| name.rsplit('/').next().unwrap_or("").to_owned()).collect())
    }
    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.0.create(&self.at(name))
    }
    fn open(&self, name: &str, write: bool) -> io::Result<Box<dyn StorageFile>> {
        self.0.open(&self.at(name), write)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(&self.at(from), &self.at(to))
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(&self.at(name))
    }
    fn sync_dir(&self) -> io::Result<()> {
        self.0.sync_dir()
    }
}

/// Both, as the journal sees them.
pub fn both(disk: &SimDisk) -> Arc<WithArchive> {
    Arc::new(WithArchive::new(Arc::new(Folder(disk.clone(), "")), Arc::new(Folder(disk.clone(), "archive"))))
}

/// Puts what the archive took back beside the rest.
pub fn bring_back(disk: &SimDisk) {
    for name in Folder(disk.clone(), "archive").list().unwrap() {
        let bytes = disk.bytes(&format!("archive/{name}")).unwrap();
        disk.plant(&name, bytes);
    }
}
