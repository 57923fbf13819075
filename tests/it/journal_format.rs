//! The stored bytes, frozen: a change that fails here needs a new format version, never a new golden value.
//! What the fields mean is in `src/journal/record.rs` and `segment.rs`.

use workorderd::journal::{Entry, Previous};

use crate::world::disk::SimDisk;
use crate::world::ledger::{Item, all_of, open};

const HEADER: &str = concat!(
    "574f4a524e4c310001000000000000000100000000000000696e7374616c6c6174696f6e2d6f6e650020000000000000",
    "0000000000000000000000005e1f0cfa",
);
const RECORD: &str = concat!(
    "b80000007d9f158b57010004010000000100000000000000010000000000000007000000000000000800000000000000",
    "0000000000000000ce344c90a0dcac931ed7a7a96e51c77cadf970536aefdd1006e7e14fa68e59b15690b669b59aeb56",
    "3037c0dd93f062ea8a9fd47711a3ebb0a950c1ed357d130a2b00000008000000574f2d31616363657074656417000000",
    "118482c47ce6bc5f3be1956bfc34f45b4a616e6520526f652c20313220456c6d2053747265657400",
);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn fixed_entries_make_the_bytes_they_always_made() {
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    let bare = Item::default();
    let full = Item::of("accepted", "Jane Roe, 12 Elm Street");
    let places = journal.append(&[full.entry(), bare.entry()]).unwrap();
    let next = Entry { previous: Previous::At(places[0].position), revision: 9, ..full.entry() };
    journal.append(&[next]).unwrap();
    let head = journal.head();
    assert_eq!(head.end.offset(), 64 + 184 + 128 + 184);
    let segment = disk.bytes("00000001.seg").unwrap();
    let used = &segment[..head.end.offset() as usize];
    let mark = disk.bytes("head").unwrap();
    assert_eq!(hex(&segment[..64]), HEADER);
    assert_eq!(hex(&used[64..248]), RECORD);
    assert_eq!(blake3::hash(used).to_hex().as_str(), "9c849ff376fa699d9bc622707889f98fdbba838703a032b8f8dfbb39ad80a5eb");
    assert_eq!(head.to_string(), "3:2cf9c020f3c316a681e545a06fc17e6617339eb64180d16184fa2e87e6e827eb");
    assert_eq!(blake3::hash(&mark).to_hex().as_str(), "5634577154870676355ef75d5ad57ce366c68f8003a7c9299c9eb50bc9fd65ff");

    journal.erase_personal(&[all_of(places[0].position)]).unwrap();
    let segment = disk.bytes("00000001.seg").unwrap();
    let used = &segment[..head.end.offset() as usize];
    assert_eq!(blake3::hash(used).to_hex().as_str(), "f6f1435589e96af86a4f7cf9514394b799479ccf563dcccf3d642e9a7fb73d90");
}
