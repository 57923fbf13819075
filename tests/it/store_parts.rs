//! The store read in parts, as a start does it: whatever the parts, each row comes once, whole, and the sums are those of all.

use std::collections::BTreeMap;
use workorderd::store::Store;
use workorderd::store::db::Sums;

const PIECE: usize = 24 << 10;

#[test]
fn every_row_comes_once_and_whole_whatever_the_parts() {
    let home = tempfile::tempdir().unwrap();
    let mut store = Store::open(home.path(), 16 << 20, [7; 16]).unwrap().store;
    let mut dice = fastrand::Rng::with_seed(11);
    // Around the length at which a row is cut into pieces.
    let lengths = [0, 1, 600, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE - 1];
    let mut rows = BTreeMap::from([(vec![1], vec![5; 40]), (vec![9, b'x'], vec![6; 2 * PIECE])]);
    for n in 0..300 {
        let key = [&[7][..], &dice.u128(..).to_be_bytes()].concat();
        rows.insert(key, (0..lengths[n % lengths.len()]).map(|_| dice.u8(..)).collect());
    }
    store.apply(rows.iter().map(|(key, row)| (&key[..], &row[..])), (1, 1), 0).unwrap();
    // A row without a byte is not kept.
    rows.retain(|_, row| !row.is_empty());

    for bounds in
        [vec![], vec![vec![7, 0x80]], vec![vec![7, 0x40], vec![7, 0x80], vec![7, 0xc0]], vec![vec![7]], vec![vec![0], vec![8], vec![200]]]
    {
        let mut found = BTreeMap::new();
        let mut sums = Sums::default();
        let from = std::iter::once(Vec::new()).chain(bounds.clone());
        let before = bounds.iter().map(|bound| Some(bound.as_slice())).chain([None]);
        for (from, before) in from.zip(before) {
            let part = store.scan_part(&from, before, |key, row| {
                assert_eq!(found.insert(key.to_vec(), row.to_vec()), None, "a row came twice");
                Ok(())
            });
            sums = sums + part.unwrap();
        }
        assert!(found == rows, "parts {bounds:?}");
        store.hold_against(sums).unwrap();
    }
    let part = store.scan_part(&[7, 0x80], None, |_, _| Ok(())).unwrap();
    assert!(store.hold_against(part).is_err(), "a part is not the whole");
}
