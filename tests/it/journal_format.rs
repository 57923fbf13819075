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
    "b8000000f1c70ee957010004010000000100000000000000010000000000000007000000000000000800000000000000",
    "0000000000000000ce344c90a0dcac931ed7a7a96e51c77cadf970536aefdd1006e7e14fa68e59b13b4a11b6d70e76c9",
    "4845c3fd00043b775c02b2998a7e1997c2b2af84f7b369272700000008000000574f2d31616363657074656430313233",
    "3435363738396162636465664a616e6520526f652c20313220456c6d205374726565740000000000",
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
    eprintln!("END {}", head.end.offset());
    let seg = disk.bytes("00000001.seg").unwrap();
    eprintln!("POS {:?}", places.iter().map(|p| p.position.offset()).collect::<Vec<_>>());
    eprintln!("REC {}", hex(&seg[64..places[1].position.offset() as usize]));
    eprintln!("H1 {}", blake3::hash(&seg[..head.end.offset() as usize]).to_hex());
    eprintln!("HEAD {head}");
    eprintln!("MARK {}", blake3::hash(&disk.bytes("head").unwrap()).to_hex());
    let first = places[0].position;
    journal.erase_personal(&[all_of(first)]).unwrap();
    let seg = disk.bytes("00000001.seg").unwrap();
    eprintln!("H2 {}", blake3::hash(&seg[..head.end.offset() as usize]).to_hex());
    assert_eq!(head.end.offset(), 64 + 184 + 128 + 184);
    let segment = disk.bytes("00000001.seg").unwrap();
    let used = &segment[..head.end.offset() as usize];
    let mark = disk.bytes("head").unwrap();
    assert_eq!(hex(&segment[..64]), HEADER);
    assert_eq!(hex(&used[64..248]), RECORD);
    assert_eq!(blake3::hash(used).to_hex().as_str(), "836997d79244b4e0f01aabf2d01c7ca76633acaa37a6d8fb91b4085c714def5d");
    assert_eq!(head.to_string(), "3:71543f54a1d9541ed08e022a6480005f8ab5b843aa048967d31e894d2c87b02c");
    assert_eq!(blake3::hash(&mark).to_hex().as_str(), "0a10394beb58be18d9c12310a699467856a2e57f04297881b5756f8232b76a94");

    journal.erase_personal(&[all_of(places[0].position)]).unwrap();
    let segment = disk.bytes("00000001.seg").unwrap();
    let used = &segment[..head.end.offset() as usize];
    assert_eq!(blake3::hash(used).to_hex().as_str(), "59c0a4aa18a365576233bce5453062d7fa7fb3efbf6a34ae471d2fbc4b821554");
}
